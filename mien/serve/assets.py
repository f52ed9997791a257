"""The files of the page, which are part of the package and read once."""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

_SCRIPTS = ("asking.js", "camera.js", "docs.js", "dom.js", "drawing.js", "maps.js", "model.js", "page.js", "theme.js")
ASSETS = {
    "/": ("index.html", "text/html"),
    "/docs": ("docs.html", "text/html"),
    "/style.css": ("style.css", "text/css"),
    **{f"/{name}": (name, "text/javascript") for name in _SCRIPTS},
}
"""file and type by path"""


def asset(path: str) -> Callable[[Request], Awaitable[Response]]:
    """What answers a path of ASSETS."""
    name, kind = ASSETS[path]
    response = Response((files("mien.serve") / "page" / name).read_bytes(), media_type=kind)

    async def send(_: Request) -> Response:
        return response

    return send
