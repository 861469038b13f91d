"""`manage.py up`: brings the whole house up, keeps it running, and takes it down again.

This process stays small: it never loads Django, and whatever needs it is a process of its own.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from newsroom.stack.console import StartupError, print_line
from newsroom.stack.environment import (
    load_or_create_secrets,
    record_environment,
    recorded_environment,
)
from newsroom.stack.guard import Guard
from newsroom.stack.options import PROJECT, Plan
from newsroom.stack.processes import Processes
from newsroom.stack.servers import Servers

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asked the house to stop: no error, and nothing may catch it by accident."""

    def __init__(self, signal_number: int) -> None:
        self.exit_code = 128 + signal_number


def main(arguments: list[str]) -> int:
    """Run the house until a signal ends it; say the exit code."""
    for number in SIGNALS:
        signal.signal(number, _stop)
    parser = argparse.ArgumentParser(prog="manage.py up", description="Start the whole house.")
    parser.add_argument(
        "--with-parent",
        action="store_true",
        help="stop when the process that started this one is gone",
    )
    try:
        if parser.parse_args(arguments).with_parent:
            threading.Thread(target=_stop_with, args=[os.getppid()], daemon=True).start()
        _run(Plan.read(os.environ))
    except Stopped as stopped:
        print_line("Everything has stopped.")
        return stopped.exit_code
    except StartupError as trouble:
        sys.stderr.write(f"{trouble}\n")
    return 1


def _run(plan: Plan) -> None:
    started = time.monotonic()
    plan.check()
    with contextlib.ExitStack() as supervised:
        # Left in the opposite order: processes, servers, whatever else the guard knows of, the claim.
        supervised.enter_context(plan.claimed_data())
        guard = supervised.enter_context(Guard())
        secrets = load_or_create_secrets(recorded_environment(plan.data))
        servers = Servers(
            data=plan.data, secret=secrets["READER_KEY"], given=plan.given, guard=guard
        )
        supervised.callback(servers.stop)
        servers.start()
        environment = _environment(plan, secrets | servers.urls)
        farewell = StartupMessage(plan, _prepare(environment, guard))
        supervised.callback(farewell.say_if_unsaid)
        processes = Processes(PROJECT / "Procfile", guard=guard, environment=environment)
        supervised.callback(processes.stop)
        farewell.say_when_up(processes, started)
        processes.keep(each_round=[servers.restart_dead])


class StartupMessage:
    """What the owner is told when all is up; the part that is told only once, in any case."""

    def __init__(self, plan: Plan, once: str) -> None:
        self._plan = plan
        self._once = once

    def say_when_up(self, processes: Processes, started: float) -> None:
        thread = threading.Thread(target=self._wait_and_say, args=(processes, started), daemon=True)
        thread.start()

    def say_if_unsaid(self) -> None:
        """A password made for a house that then did not come up would be lost."""
        if self._once:
            print_line(self._once)

    def _wait_and_say(self, processes: Processes, started: float) -> None:
        plan = self._plan
        while not (_answers(plan.host, plan.port) and _answers(plan.host, plan.live_port)):
            time.sleep(0.1)
        url = f"http://{plan.host}:{plan.port}/"
        once, self._once = self._once, ""
        for line in (
            f"Newsroom is up after {time.monotonic() - started:.1f} s: {url}",
            f"The desk is at {url}desk/",
            *once.splitlines(),
            "Ctrl-C stops everything.",
        ):
            processes.announce(line)


def _environment(plan: Plan, found: Mapping[str, str]) -> dict[str, str]:
    """Record what other shells need to talk to this house; say what its processes get."""
    ports = {"PORT": str(plan.port), "LIVE_PORT": str(plan.live_port)}
    record_environment(plan.data, {**found, **ports})
    programs = f"{Path(sys.executable).parent}{os.pathsep}{plan.given.get('PATH', os.defpath)}"
    return {
        **found,
        **plan.given,
        **ports,
        "HOST": plan.host,
        "NEWSROOM_DATA": str(plan.data),
        "PATH": programs,
        "PYTHONUNBUFFERED": "1",
    }


def _prepare(environment: Mapping[str, str], guard: Guard) -> str:
    """Bring the database up to date; return what is to be said when all is up."""
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


def _answers(host: str, port: int) -> bool:
    """Whether `/healthz` answers there. By hand: http.client alone would double our memory."""
    try:
        with socket.create_connection((host, port), timeout=2) as client:
            client.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return client.recv(12)[9:] == b"200"
    except OSError:
        return False


def _stop(signal_number: int, frame: FrameType | None) -> None:
    # Stopping takes seconds; a second Ctrl-C must not break it off half-way.
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise Stopped(signal_number)


def _stop_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)
