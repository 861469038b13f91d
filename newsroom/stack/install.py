"""Makes or repairs the virtual environment with the packages of the lock files; `make` runs it first.

pip installs uv, and uv installs the rest; where uv cannot, pip does. Both check every file against its hash.
It runs under the caller's Python, of any version, with only the standard library.
"""

import ast
import fcntl
import hashlib
import importlib.util
import os
import re
import signal
import subprocess
import sys
import time

# How often a line of progress is printed, on a terminal and in a log alike.
SECONDS_BETWEEN_LINES = 2
PROGRESS = ("Collecting ", "Downloading ", "Downloaded ", "Building ", "Installing ", "Prepared ")

# uv does not read pip's configuration; it gets the same values by these variables.
UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "trusted-host": "UV_INSECURE_HOST",
}
UV_VARIABLES_FOR_MORE_INDEXES = {
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_OFFLINE",
}


def main() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - the caller's Python may be any
        sys.exit(f"Newsroom needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    # `make` forwards a SIGTERM; this exception ends pip or uv, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    venv, *locks = sys.argv[1:]
    with open(locks[0]) as lock:
        # `make run` and `make test` may start at the same time.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_sound(venv):
            make_venv(venv)
        changed = [name for name in locks if stamp_of(venv, name) != fingerprint(name)]
        if changed:
            install(venv, changed)
        for name in changed:
            set_stamp(venv, name, fingerprint(name))


def is_sound(venv: str) -> bool:
    """Whether this Python made the environment, completed it, and it is still in the same folder."""
    has_python = os.path.exists(os.path.join(venv, "bin", "python"))
    return has_python and stamp_of(venv, "python") == origin_of(venv)


def make_venv(venv: str) -> None:
    if importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            f"{sys.executable} cannot make virtual environments: install the package python3-venv,"
            " or name another Python, as in `make run PYTHON=/path/to/python3`."
        )
    is_foreign = os.path.isdir(venv) and os.listdir(venv)
    if is_foreign and not os.path.exists(os.path.join(venv, "pyvenv.cfg")):
        sys.exit(f"{venv} is no virtual environment: set VENV to another folder.")
    report(f"Making {venv} with Python {sys.version.split()[0]}.")
    made, output = run([sys.executable, "-m", "venv", "--clear", venv])
    if not made:
        sys.exit(f"{output}\n{venv} cannot be made: the reason is above.")
    set_stamp(venv, "python", origin_of(venv))


def install(venv: str, locks: "list[str]") -> None:
    report(f"Installing {' and '.join(locks)} into {venv}.")
    started = time.monotonic()
    entries = [entry for name in locks for entry in entries_of(name)]
    uv = [entry for entry in entries if entry.startswith("uv==")]
    if not install_with_uv(venv, uv[:1], locks):
        rest = [entry for entry in entries if entry not in uv]
        installed, output = pip_install(venv, write(venv, "without-uv.lock", rest))
        if not installed:
            sys.exit(f"{output}\npip could not install everything: the reason is above.")
    report(f"Installed in {time.monotonic() - started:.0f} s.")


def install_with_uv(venv: str, uv: "list[str]", locks: "list[str]") -> bool:
    # An old pip would build uv from its source where there is no wheel.
    wheel_only = ["--only-binary=uv", "--no-deps"]
    if not uv or not pip_install(venv, write(venv, "uv.lock", uv), *wheel_only)[0]:
        report("  There is no uv for this machine: pip installs.")
        return False
    command = [os.path.join(venv, "bin", "uv"), "pip", "install", "--require-hashes"]
    # As pip does: a version comes from any index that has it; the hash decides which file.
    command += ["--index-strategy=unsafe-best-match", "--compile-bytecode"]
    command += ["--python", os.path.join(venv, "bin", "python")]
    for name in locks:
        command += ["-r", name]
    installed, output = run(command, uv_environment(os.path.join(venv, "bin", "python")))
    if not installed:
        refuse_another_file(output)
        report(f"{output}\n  uv could not install everything: pip tries.")
    return installed


def pip_install(venv: str, lock: str, *options: str) -> "tuple[bool, str]":
    command = [os.path.join(venv, "bin", "python"), "-m", "pip", "install", "--require-hashes"]
    command += ["--disable-pip-version-check", "--progress-bar=off", *options, "-r", lock]
    installed, output = run(command)
    if not installed:
        refuse_another_file(output)
    return installed, output


def refuse_another_file(output: str) -> None:
    if "Hash mismatch" in output or "DO NOT MATCH THE HASHES" in output:
        sys.exit(
            f"{output}\nRefused: a package is not the file whose hash the lock names, see above."
            " Either the index serves another file, or the lock has been changed by hand."
        )


def entries_of(lock: str) -> "list[str]":
    """Each package of a lock file: its version and marker, and its hashes on further lines."""
    with open(lock) as file:
        return re.split(r"\n(?=\S)", file.read())


def write(venv: str, name: str, entries: "list[str]") -> str:
    path = os.path.join(venv, name)
    with open(path, "w") as file:
        file.write("\n".join(entries) + "\n")
    return path


def uv_environment(python: str, more_indexes: bool = True) -> "dict[str, str]":
    """The environment variables, with pip's configuration for uv; a variable of uv that is already set stays."""
    variables = (
        dict(UV_VARIABLES, **UV_VARIABLES_FOR_MORE_INDEXES) if more_indexes else UV_VARIABLES
    )
    environment = {}
    for key, value in pip_settings(python).items():
        if key in variables:
            separator = "," if key == "find-links" else " "
            environment[variables[key]] = separator.join(value.split())
    environment.update(os.environ)
    return environment


def pip_settings(python: str) -> "dict[str, str]":
    command = [python, "-m", "pip", "config", "list", "--disable-pip-version-check"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout
    found = re.findall(r"^(global|install|:env:)\.(\S+?)=(.+)$", listed, re.MULTILINE)
    settings = {}
    for section in ("global", "install", ":env:"):  # pip's order: the later wins
        for where, key, value in found:
            if where == section:
                settings[key.lstrip(".")] = ast.literal_eval(value)
    return settings


def run(command: "list[str]", environment: "dict[str, str] | None" = None) -> "tuple[bool, str]":
    """Run a program and print its progress; whether it succeeded, and the last lines of its output."""
    lines = []
    reported_at = time.monotonic()
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
    except OSError as reason:
        return False, str(reason)
    try:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            is_progress = line.strip().startswith(PROGRESS)
            if is_progress and time.monotonic() - reported_at > SECONDS_BETWEEN_LINES:
                reported_at = time.monotonic()
                report(f"  {lines[-1].strip()[:100]}")
        code = process.wait()
    finally:
        process.terminate()
        process.wait()
    return code == 0, "\n".join(lines[-15:])


def report(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def origin_of(venv: str) -> str:
    # The scripts in a virtual environment contain its path.
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
