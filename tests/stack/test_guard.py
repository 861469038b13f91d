"""The guard: no process outlives the one that started it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from newsroom.stack.guard import Guard

# A leader that ignores a polite request, with a child in the same group.
STUBBORN = "trap '' TERM; sleep 300 & wait; sleep 300"

OWNER = """
import sys, time
from newsroom.stack.guard import Guard
guard = Guard()
print(guard.start(["sleep", "300"]).pid)
print(guard.start(["sh", "-c", sys.argv[1]]).pid, flush=True)
time.sleep(300)
"""


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for_the_end_of(pids: list[int], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_killed_owner_leaves_nothing_behind(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, STUBBORN], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    pids = [int(owner.stdout.readline()) for _ in range(2)]
    time.sleep(0.3)
    family = [one.pid for one in psutil.Process(owner.pid).children(recursive=True)]
    assert set(family) >= set(pids)

    owner.kill()
    owner.wait()
    owner.stdout.close()
    wait_for_the_end_of(family, seconds=6)

    assert [pid for pid in family if is_alive(pid)] == []


# Its guard is killed while the first two run.
UNGUARDED_OWNER = """
import os, signal, sys, time
from newsroom.stack.guard import Guard
guard = Guard()
print(guard.start(["sleep", "300"]).pid)
print(guard.start(["sh", "-c", sys.argv[1]]).pid)
os.kill(guard._process.pid, signal.SIGKILL)
while not guard.restart_dead():
    time.sleep(0.01)
print(guard.start(["sleep", "300"]).pid, flush=True)
time.sleep(300)
"""


def test_an_owner_that_is_killed_after_its_guard_was_leaves_nothing_behind() -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", UNGUARDED_OWNER, STUBBORN], stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout
    pids = [int(owner.stdout.readline()) for _ in range(3)]
    time.sleep(0.3)
    family = [one.pid for one in psutil.Process(owner.pid).children(recursive=True)]
    assert set(family) >= set(pids)

    owner.kill()
    owner.wait()
    owner.stdout.close()
    wait_for_the_end_of(family, seconds=6)

    assert [pid for pid in family if is_alive(pid)] == []


def test_stopping_one_stops_its_children() -> None:
    with Guard() as guard:
        process = guard.start(["sh", "-c", STUBBORN])
        time.sleep(0.3)
        (child,) = psutil.Process(process.pid).children()

        guard.stop(process, within_seconds=0.3)

        assert process.returncode == -signal.SIGKILL
        wait_for_the_end_of([child.pid], seconds=2)
        assert not is_alive(child.pid)


def test_closing_stops_every_process() -> None:
    guard = Guard()
    process = guard.start(["sleep", "300"])

    guard.close()

    assert process.wait(5) == -signal.SIGTERM


def test_a_command_gets_its_arguments_unchanged_and_no_input() -> None:
    with Guard() as guard:
        code = guard.run(["sh", "-c", 'test "$1" = "a b;\'c\\"" && ! read line', "sh", "a b;'c\""])

    assert code == 0
