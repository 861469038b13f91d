"""A site of others, for the browser: a small HTTP server of its own origin, whose pages show the widget."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Page = tuple[bytes, Mapping[str, str]]


class HostSite:
    """Its pages by path, the query left out. `asked` is the paths that browsers have asked for."""

    def __init__(self, api: str) -> None:
        self.api = api.rstrip("/")
        self.asked: list[str] = []
        self._pages: dict[str, Page] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0].rstrip("/") or "/"
                site.asked.append(path)
                body, headers = site._pages.get(path, (b"Not found", {}))
                self.send_response(200 if path in site._pages else 404)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def strict(self) -> dict[str, str]:
        """The strictest policy under which the two lines work: docs/widget.md."""
        policy = (
            f"default-src 'none'; script-src {self.api} 'self'; connect-src {self.api}; style-src 'self';"
            f" frame-src {self.api}; require-trusted-types-for 'script'; trusted-types 'none'"
        )
        return {"Content-Security-Policy": policy}

    def page(
        self,
        path: str,
        body: str,
        *,
        head: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Puts a page there, with the module in its head; returns its URL."""
        if head is None:
            head = f'<script type="module" src="{self.api}/embed/reactions.js"></script>'
        text = f"<!doctype html><html lang=en><meta charset=utf-8><title>Host</title>{head}<body>{body}"
        return self.file(path, text, headers=self.strict if headers is None else headers)

    def file(self, path: str, text: str, *, headers: Mapping[str, str]) -> str:
        self._pages[path] = (text.encode(), headers)
        return self.origin + path

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def host_site(api: str) -> Iterator[HostSite]:
    site = HostSite(api)
    site.start()
    try:
        yield site
    finally:
        site.stop()
