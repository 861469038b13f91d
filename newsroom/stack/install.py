"""`make` runs this first: the virtual environment with its requirements, made or mended.

It runs under the caller's Python, whatever its age, with nothing but the standard library.
"""

import fcntl
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import time

# A line this often tells that it is still at work, on a terminal and in a log alike.
SECONDS_BETWEEN_LINES = 2


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - the caller's Python may be any
        sys.exit(f"Newsroom needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    # `make` hands on a SIGTERM; by leaving in good order we take pip along.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    venv, *requirements = sys.argv[1:]
    with open(requirements[0]) as lock:
        # `make run` and `make test` may be typed in the same minute.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_sound(venv):
            make_venv(venv)
        changed = [name for name in requirements if stamp_of(venv, name) != fingerprint(name)]
        if changed:
            install(venv, changed)
        for name in changed:
            set_stamp(venv, name, fingerprint(name))


def is_sound(venv: str) -> bool:
    """Whether this Python made it, to the end, and it has not been moved since."""
    has_python = os.path.exists(os.path.join(venv, "bin", "python"))
    return has_python and stamp_of(venv, "python") == birthplace(venv)


def make_venv(venv: str) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            f"{sys.executable} cannot make virtual environments: install the package python3-venv,"
            " or name another Python, as in `make run PYTHON=/path/to/python3`."
        )
    is_foreign = os.path.isdir(venv) and os.listdir(venv)
    if is_foreign and not os.path.exists(os.path.join(venv, "pyvenv.cfg")):
        sys.exit(f"{venv} is no virtual environment: set VENV to another folder.")
    tell(f"Making {venv} with Python {sys.version.split()[0]}.")
    if run([sys.executable, "-m", "venv", "--clear", venv]):
        sys.exit(f"{venv} cannot be made: the reason is above.")
    set_stamp(venv, "python", birthplace(venv))


def install(venv: str, requirements: "list[str]") -> None:
    tell(f"Installing {' and '.join(requirements)} into {venv}.")
    started = time.monotonic()
    python = os.path.join(venv, "bin", "python")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar=off"]
    for name in requirements:
        pip += ["-r", name]
    if run(pip):
        sys.exit("pip could not install everything: the reason is above.")
    tell(f"Installed in {time.monotonic() - started:.0f} s.")


def run(command: "list[str]") -> int:
    """Run a program, show now and then what pip is at, and its last words where it failed."""
    lines = []
    told_at = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            is_news = line.startswith(("Collecting ", "Installing "))
            if is_news and time.monotonic() - told_at > SECONDS_BETWEEN_LINES:
                told_at = time.monotonic()
                tell(f"  {lines[-1][:100]}")
        code = process.wait()
    finally:
        process.terminate()
        process.wait()
    if code:
        sys.stderr.write("\n".join(lines[-15:]) + "\n")
    return code


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def birthplace(venv: str) -> str:
    # The programs in a virtual environment know its path by heart.
    return f"{sys.version_info[0]}.{sys.version_info[1]} {os.path.abspath(venv)}"


def fingerprint(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def stamp_of(venv: str, name: str) -> str:
    try:
        with open(stamp_path(venv, name)) as file:
            return file.read()
    except OSError:
        return ""


def set_stamp(venv: str, name: str, content: str) -> None:
    with open(stamp_path(venv, name), "w") as file:
        file.write(content)


def stamp_path(venv: str, name: str) -> str:
    return os.path.join(venv, f"{os.path.basename(name)}.stamp")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
