"""The supervisor: starts the servers and every process of the product, restarts those that die, and stops them all.

This process stays small: it never loads Django; a step that needs Django is a process of its own.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import FrameType

from newsroom.stack.alive import AliveFile, stale_seconds
from newsroom.stack.console import StartupError, print_line
from newsroom.stack.environment import (
    load_or_create_secrets,
    record_environment,
    recorded_environment,
)
from newsroom.stack.front import Front, answers, check_front, make_front, site_url
from newsroom.stack.guard import Guard
from newsroom.stack.options import PROJECT, Options
from newsroom.stack.processes import Processes
from newsroom.stack.servers import Servers

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asks the product to stop: no error, and no `except Exception` may catch it."""

    def __init__(self, signal_number: int) -> None:
        self.exit_code = 128 + signal_number


def main(arguments: list[str]) -> int:
    """Run the product until a signal ends it; returns the exit code."""
    for number in SIGNALS:
        signal.signal(number, _stop)
    parser = argparse.ArgumentParser(prog="manage.py up", description="Start the whole product.")
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="stop when the process that started this one is gone",
    )
    try:
        if parser.parse_args(arguments).with_parent:
            threading.Thread(target=_stop_with, args=[os.getppid()], daemon=True).start()
        _run(Options.read(os.environ))
    except Stopped as stopped:
        print_line("Everything has stopped.")
        return stopped.exit_code
    except StartupError as trouble:
        sys.stderr.write(f"{trouble}\n")
    return 1


def _run(options: Options) -> None:
    started = time.monotonic()
    options.check()
    check_front(options.given)
    with contextlib.ExitStack() as stack:
        # Left in the opposite order: the front, processes, servers, what else the guard started, the lock.
        stack.enter_context(options.claimed_data())
        guard = stack.enter_context(Guard())
        secrets = load_or_create_secrets(recorded_environment(options.data))
        servers = Servers(
            data=options.data, secret=secrets["READER_KEY"], given=options.given, guard=guard
        )
        stack.callback(servers.stop)
        front = make_front(options, guard=guard)
        if front:
            stack.callback(front.remove_folder)
        servers.start()
        environment = _environment(options, secrets | servers.urls, front)
        message = StartupMessage(options, front, _prepare(environment, guard))
        stack.callback(message.print_once)
        processes = Processes(
            PROJECT / "Procfile",
            guard=guard,
            environment=environment,
            alive_files={"worker": _alive_file(environment)},
            before_start={"web": front.remove_web_socket} if front else {},
            # Its SIGTERM is for a rolling restart, which takes its time.
            stop_signals={"live": signal.SIGINT},
        )
        stack.callback(processes.stop)
        each_round: list[Callable[[], None]] = [
            partial(_restart_guard, guard),
            servers.restart_dead,
        ]
        if front:
            stack.callback(front.stop)
            front.start()
            each_round.append(front.restart_dead)
        message.print_when_up(processes, started)
        processes.keep(each_round=each_round)


class StartupMessage:
    """The lines that the operator sees when all is up; `once` is printed in any case, and only once."""

    def __init__(self, options: Options, front: Front | None, once: str) -> None:
        self._options = options
        self._front = front
        self._once = once

    def print_when_up(self, processes: Processes, started: float) -> None:
        thread = threading.Thread(
            target=self._wait_and_print, args=(processes, started), daemon=True
        )
        thread.start()

    def print_once(self) -> None:
        """Print what must not be lost, such as a new password, also where the product did not start."""
        if self._once:
            print_line(self._once)

    def _wait_and_print(self, processes: Processes, started: float) -> None:
        while not self._answers():
            time.sleep(0.1)
        url = site_url(self._options)
        once, self._once = self._once, ""
        for line in (
            f"Newsroom is up after {time.monotonic() - started:.1f} s: {url}",
            f"The desk is at {url}desk/",
            *once.splitlines(),
            "Ctrl-C stops everything.",
        ):
            processes.announce(line)

    def _answers(self) -> bool:
        options = self._options
        is_web_up = self._front.answers() if self._front else answers(options.host, options.port)
        return is_web_up and answers(options.live_host, options.live_port)


def _environment(options: Options, found: Mapping[str, str], front: Front | None) -> dict[str, str]:
    """Record what other shells need to reach this installation; returns the environment of its processes."""
    port = {"PORT": str(options.port), "LIVE_PORT": str(options.live_port)}
    record_environment(options.data, {**found, **port})
    programs = f"{Path(sys.executable).parent}{os.pathsep}{options.given.get('PATH', os.defpath)}"
    return {
        **found,
        **options.given,
        **port,
        **(
            {"WEB_SOCKET": str(front.web_socket), "LIVE_SOCKET": str(front.live_socket)}
            if front
            else {}
        ),
        "HOST": options.host,
        "NEWSROOM_DATA": str(options.data),
        "PATH": programs,
        "PYTHONUNBUFFERED": "1",
        # Its lines are printed here, for a person.
        "LOG_FORMAT": options.given.get("LOG_FORMAT", "text"),
        "WORKER_ALIVE_FILE": str(options.data / "worker-alive"),
    }


def _restart_guard(guard: Guard) -> None:
    if guard.restart_dead():
        print_line("The guard has died and is started again.")


def _alive_file(environment: Mapping[str, str]) -> AliveFile:
    seconds = stale_seconds(environment.get("WORKER_STALLED_SECONDS", ""))
    return AliveFile(Path(environment["WORKER_ALIVE_FILE"]), stale_seconds=seconds)


def _prepare(environment: Mapping[str, str], guard: Guard) -> str:
    """Bring the database up to date; returns the text to print when all is up."""
    process = guard.start(
        [sys.executable, PROJECT / "manage.py", "prepare"],
        env=environment,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
    )
    try:
        output, _ = process.communicate()
    finally:
        guard.stop(process)
    if process.returncode:
        raise StartupError("Newsroom has not started.")
    return output.decode()


def _stop(signal_number: int, frame: FrameType | None) -> None:
    # Stopping takes seconds; a second Ctrl-C must not break it off half-way.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped(signal_number)


def _stop_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
