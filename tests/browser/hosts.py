"""A site of others, for the browser: a small HTTP server of its own origin, whose pages show the widget."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from playwright.sync_api import Page as BrowserPage
from playwright.sync_api import expect

SECRET = "0123456789abcdef0123456789abcdef"
SITES = """
from articles.models import Site
Site.objects.create(
    name="Blog {origin}", origins=["{origin}", "null"], has_mobile_hosts=False, registers=True, query_parameters=["p"],
    jwt_algorithm="HS256", jwt_audience="newsroom", jwt_secrets="{secret}",
)
"""

Content = tuple[bytes, Mapping[str, str]]


class HostSite:
    """Its pages by path, the query left out. `asked` is the paths that browsers have asked for."""

    def __init__(self, api: str) -> None:
        self.api = api.rstrip("/")
        self.asked: list[str] = []
        self._pages: dict[str, Content] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.partition("?")[0].rstrip("/") or "/"
                site.asked.append(path)
                body, headers = site._pages.get(path, (b"", {}))
                self.send_response(200 if path in site._pages or path == "/favicon.ico" else 404)
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


def said_by(page: BrowserPage) -> list[str]:
    """What the widget says on the console from now on."""
    said: list[str] = []
    page.context.on("console", lambda message: said.append(message.text))
    return said


def states_of(page: BrowserPage) -> list[str]:
    """The states of the widgets of a page, once all are known."""
    expect(page.get_by_role("button", name="Love", exact=True).last).to_be_visible()
    states: list[str] = page.evaluate(
        """Promise.all([...document.querySelectorAll("reader-reactions")].map(({ready}) => ready))
          .then((all) => all.map(({state}) => state))"""
    )
    return states


def element(article: str, more: str = "") -> str:
    return f'<reader-reactions article="{article}" {more}></reader-reactions>'


def post(host: HostSite, path: str, body: str, *, canonical: str = "") -> str:
    """A page that can become an article: it has a title."""
    link = f'<link rel="canonical" href="{host.origin}{canonical or path}">'
    module = f'<script type="module" src="{host.api}/embed/reactions.js"></script>'
    return host.page(path, f"<h1>A post at {path}</h1>{body}", head=link + module)


def token_of(user: str, *, seconds: float = 600) -> str:
    """What the host's server says of its signed-in reader."""
    claims = {"aud": "newsroom", "sub": user, "exp": int(time.time() + seconds)}
    return jwt.encode(claims, SECRET, "HS256")


ASKED = """
globalThis.asked = 0;
globalThis.getToken = () => { asked++; return globalThis.jwt; };
document.querySelector("reader-reactions").getToken = getToken;
"""


SIGN_IN = (
    "([jwt]) => { globalThis.jwt = jwt; customElements.get('reader-reactions').signIn(getToken); }"
)


SIGN_OUT = """() => {
  const element = document.querySelector("reader-reactions");
  element.signOut();
  return [element.value, element.shadowRoot.querySelectorAll("[aria-pressed=true]").length];
}"""


def signed_in(host: HostSite, path: str, article: str, *, early: bool) -> str:
    """A page whose own script knows the reader, and runs before the module, or after it."""
    module = f'<script type="module" src="{host.api}/embed/reactions.js"></script>'
    host.file("/asked.js", ASKED, headers={"Content-Type": "text/javascript"})
    script = '<script src="/asked.js"></script>'
    later = '<script type="module" src="/asked.js"></script>'
    order = (script + module) if early else (module + later)
    return host.page(path, element(article) + order, head="")
