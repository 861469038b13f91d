"""Firefox by its own protocol, Marionette, and WebKitGTK by WebDriver: the same commands, sent in two ways.

Marionette is what geckodriver translates WebDriver to, so that neither geckodriver nor a client library is needed.
"""

import base64
import itertools
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError

import psutil

from tests.browsers.programs import command_of
from tests.servers import free_port, open_folder

START_SECONDS = 60
ANSWER_SECONDS = 60
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_DOWN: dict[str, object] = {"type": "pointerDown", "button": 0}
_UP: dict[str, object] = {"type": "pointerUp", "button": 0}

_PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}


class CommandFailed(Exception):
    """A browser refused a command, or did not answer."""


class Browser:
    """A browser with one window; `command` sends what WebDriver and Marionette have in common."""

    name: str
    _command: list[str]

    def __init__(self, *, scripts: bool = True) -> None:
        self._scripts = scripts
        self.version = ""
        self._environment: dict[str, str] = {}
        self._processes: list[psutil.Popen] = []

    def start(self) -> None:
        self._folder = open_folder("browser")
        self._environment = {
            **{name: value for name, value in os.environ.items() if "proxy" not in name.lower()},
            "HOME": str(self._folder),
            "XDG_RUNTIME_DIR": str(self._folder),
            "LANG": "en_GB.UTF-8",
        }
        self._start()

    def _start(self) -> None:
        raise NotImplementedError

    def command(self, name: str, **parameters: Any) -> Any:
        raise NotImplementedError

    def stop(self) -> None:
        if self.version:
            with suppress(CommandFailed, OSError, psutil.TimeoutExpired):
                self._quit()
        for process in reversed(self._processes):
            family = [process, *process.children(recursive=True)] if process.is_running() else []
            for each in family:
                with suppress(psutil.NoSuchProcess):
                    each.terminate()
            for each in psutil.wait_procs(family, timeout=10)[1]:
                each.kill()
            process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _quit(self) -> None:
        raise NotImplementedError

    def _run(self, command: list[str], *, pass_fds: Sequence[int] = ()) -> None:
        with (self._folder / "output").open("ab") as output:
            process = psutil.Popen(
                command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=pass_fds,
            )
        self._processes.append(process)

    def goto(self, url: str) -> None:
        self.command("Navigate", url=url)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns, the body of a function, in the page."""
        return self.command("ExecuteScript", script=script, args=list(arguments))

    def click(self, element: Any) -> None:
        self.command("ElementClick", id=element[_ELEMENT])

    def double_click(self, element: Any) -> None:
        self._mouse(element, [_DOWN, _UP, _DOWN, _UP])

    def click_slowly(self, element: Any) -> None:
        """A click as people do it: the button of the mouse is down for a tenth of a second."""
        self._mouse(element, [_DOWN, {"type": "pause", "duration": 100}, _UP])

    def _mouse(self, element: Any, actions: list[dict[str, object]]) -> None:
        move = {"type": "pointerMove", "duration": 0, "origin": element, "x": 0, "y": 0}
        mouse = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}}
        self.command("PerformActions", actions=[{**mouse, "actions": [move, *actions]}])
        self.command("ReleaseActions")

    def new_tab(self) -> str:
        """Opens a tab and shows it."""
        handle: str = self.command("NewWindow", type="tab")["handle"]
        self.switch_to(handle)
        return handle

    def switch_to(self, tab: str) -> None:
        self.command("SwitchToWindow", handle=tab)

    def picture(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.command("TakeScreenshot")))


class Firefox(Browser):
    name = "Firefox"

    def __init__(self, *, scripts: bool = True) -> None:
        self._command = command_of("firefox-esr", "firefox")
        super().__init__(scripts=scripts)
        self._ids = itertools.count()

    def _start(self) -> None:
        port = free_port()
        preferences = {
            **_PREFERENCES,
            "javascript.enabled": self._scripts,
            "marionette.port": port,
        }
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in preferences.items()
        ]
        profile = self._folder / "profile"
        profile.mkdir()
        (profile / "user.js").write_text("\n".join(lines))
        options = ["--headless", "--marionette", "--no-remote"]
        self._run([*self._command, *options, "--profile", str(profile)])
        self._socket = _patiently(lambda: socket.create_connection(("127.0.0.1", port), 1))
        self._socket.settimeout(ANSWER_SECONDS)
        self._answers = self._socket.makefile("rb")
        self._receive()
        session = self.command("NewSession", strictFileInteractability=False)
        self.version = session["capabilities"]["browserVersion"]

    def command(self, name: str, **parameters: Any) -> Any:
        return self._send(f"WebDriver:{name}", parameters)

    def _send(self, name: str, parameters: dict[str, Any]) -> Any:
        message = json.dumps([0, next(self._ids), name, parameters]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, _, error, result = self._receive()
        if error:
            raise CommandFailed(f"{name}: {error['error']}: {error['message']}")
        return result["value"] if isinstance(result, dict) and "value" in result else result

    def _receive(self) -> Any:
        length = b""
        while (byte := self._answers.read(1)) not in (b":", b""):
            length += byte
        if not byte:
            raise CommandFailed("Firefox has closed the connection.")
        return json.loads(self._answers.read(int(length)))

    def _quit(self) -> None:
        with self._socket, self._answers:
            self._send("Marionette:Quit", {"flags": ["eForceQuit"]})
            self._processes[0].wait(20)


# Each command as WebDriver over HTTP has it.
_PATHS = {
    "Navigate": "POST /url",
    "GetCurrentURL": "GET /url",
    "Refresh": "POST /refresh",
    "Back": "POST /back",
    "ExecuteScript": "POST /execute/sync",
    "ElementClick": "POST /element/{id}/click",
    "PerformActions": "POST /actions",
    "ReleaseActions": "DELETE /actions",
    "NewWindow": "POST /window/new",
    "SwitchToWindow": "POST /window",
    "CloseWindow": "DELETE /window",
    "GetWindowHandle": "GET /window",
    "GetWindowHandles": "GET /window/handles",
    "SetWindowRect": "POST /window/rect",
    "TakeScreenshot": "GET /screenshot",
    "DeleteAllCookies": "DELETE /cookie",
}


class WebKitGTK(Browser):
    name = "WebKitGTK"

    def __init__(self, *, scripts: bool = True) -> None:
        self._command = command_of("MiniBrowser")
        self._driver = command_of("WebKitWebDriver")
        self._display = command_of("Xvfb")
        super().__init__(scripts=scripts)

    def _start(self) -> None:
        self._environment["DISPLAY"] = self._start_display()
        port = free_port()
        self._run([*self._driver, f"--port={port}"])
        # The driver starts the browser, and is already where its files are.
        options = {
            "binary": self._command[-1],
            "args": ["--automation", f"--enable-javascript={str(self._scripts).upper()}"],
        }
        self._url = f"http://127.0.0.1:{port}/session"
        wanted = {"capabilities": {"alwaysMatch": {"webkitgtk:browserOptions": options}}}
        session = _patiently(lambda: self._send("POST", "", wanted))
        self._url += f"/{session['sessionId']}"
        self.version = session["capabilities"]["browserVersion"]

    def command(self, name: str, **parameters: Any) -> Any:
        method, path = _PATHS[name].split()
        body = parameters if method == "POST" else None
        return self._send(method, path.format(**parameters), body)

    def _start_display(self) -> str:
        """Xvfb chooses a display that is free, and writes its number."""
        reading, writing = os.pipe()
        command = [*self._display, "-displayfd", str(writing), "-screen", "0", "1400x1000x24"]
        try:
            self._run([*command, "-nolisten", "tcp"], pass_fds=[writing])
        finally:
            os.close(writing)
        with open(reading) as number:
            return f":{number.readline().strip()}"

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310  # it begins with http
            self._url + path,
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as answer:  # noqa: S310
                return json.load(answer)["value"]
        except HTTPError as error:
            reason = json.load(error)["value"]
            raise CommandFailed(f"{path}: {reason['error']}: {reason['message']}") from error

    def _quit(self) -> None:
        self._send("DELETE", "")


BROWSERS: list[type[Browser]] = [Firefox, WebKitGTK]

Result = TypeVar("Result")


def _patiently(attempt: Callable[[], Result]) -> Result:
    """What it returns once nothing refuses the connection, for as long as a browser may take to start."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return attempt()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
