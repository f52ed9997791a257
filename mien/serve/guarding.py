"""ASGI middleware around the whole application: who may ask, what every answer's head says, and what is counted."""

import time
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mien.serve.metrics import Metrics
from mien.serve.refusing import Refusal
from mien.serve.replies import error_reply

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""of every answer: a page may load and ask nothing but this server, and no answer is kept"""

_RAW_HEADERS = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
OTHER = "other"


class Guard:
    """Refuses requests that another site's page sends, and adds HEADERS to every answer.

    A page of another site can make its name lead to a loopback address (DNS rebinding) and would then be allowed to read the answers; its
    requests still carry its own name as Host. `hosts` are the names that are answered; None for all. A page can also send a request to
    another site without reading the answer; it then carries the page's Origin.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] | None) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_RAW_HEADERS]
            await send(message)

        if scope["type"] != "http":
            return
        if refusal := self._refusal(Headers(scope=scope)):
            await error_reply(refusal, is_body_left=True)(scope, receive, send_with_headers)
        else:
            await self._app(scope, receive, send_with_headers)

    def _refusal(self, headers: Headers) -> Refusal | None:
        host = headers.get("host", "")
        if self._hosts is not None and name_of(host) not in self._hosts:
            return Refusal("foreign_host", "this server does not answer to that host name; add it with --allow-host")
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return Refusal("foreign_origin", "pages of other sites may not use this server")
        return None


def name_of(host: str) -> str:
    """The name in a Host header, without its port and the brackets of an IPv6 address, in lower case."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


class Counted:
    """Counts requests and times them, by path and status. Paths that the server does not have are one path."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, paths: Collection[str]) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began_s = time.perf_counter()
        path = scope["path"] if scope["path"] in self._paths else OTHER
        status = 0

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._metrics.requests.labels(path, status or "none").inc()
            self._metrics.seconds.labels(path).observe(time.perf_counter() - began_s)
