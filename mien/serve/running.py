"""What `mien serve` does: takes the port, starts the service, says where it is, and ends it in one line."""

import errno
import ipaddress
import logging
import socket
from collections.abc import Collection
from contextlib import closing

import typer
import uvicorn

from mien.core.errors import ServeError, Stopped
from mien.core.printable import one_line
from mien.core.stopping import sentence
from mien.predict.engine import Engine
from mien.serve.app import create_app
from mien.serve.connection import timed_protocol
from mien.serve.guarding import LOOPBACK_NAMES
from mien.serve.limits import Limits
from mien.serve.service import Service

HEAD_S = 10.0
"""for the head of a request, which fits into a few packets"""
_WRITE_S = 10.0
_SPARE_CONNECTIONS = 200  # idle ones, the page, health checks; each takes a few kilobytes


def run(
    engine: Engine, *, host: str, port: int, allow_hosts: Collection[str], limits: Limits, workers: int, detector: str = "model"
) -> None:
    """Serves until it is stopped; then it says so and raises typer.Exit. Raises ServeError if the address cannot be taken."""
    engine = engine.with_detector(detector)
    with listening(host, port) as taken, closing(Service.begin(engine, limits, workers=workers)) as service:
        is_local = is_loopback(taken)
        hosts = {name.lower() for name in (*LOOPBACK_NAMES, *allow_hosts)} if is_local or allow_hosts else None
        serving = server(service, limits, hosts=hosts, line=told(engine.answer.name, host, taken, is_local=is_local))
        try:
            serving.run(sockets=[taken])
        except Stopped as stop:
            left = "given up" if serving.force_exit else "answered"
            typer.echo(sentence(stop.signum, f"requests that had begun were {left}"), err=True)
            raise typer.Exit(128 + stop.signum) from None


def server(service: Service, limits: Limits, *, hosts: Collection[str] | None, line: str = "") -> uvicorn.Server:
    """uvicorn with the application of a service; it prints `line` once it answers. It logs its own faults and no requests."""
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it warns with bytes of the body
    config = uvicorn.Config(
        create_app(service, hosts=hosts),
        http=timed_protocol(head_s=HEAD_S, whole_s=2 * limits.time_s + _WRITE_S),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=limits.requests + _SPARE_CONNECTIONS,
        timeout_graceful_shutdown=int(2 * limits.time_s) + 1,
    )
    return _Announced(config, line)


class _Announced(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, line: str) -> None:
        super().__init__(config)
        self._line = line

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._line:
            typer.echo(self._line)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; raises ServeError if that is not possible."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except OSError:
        raise ServeError(
            f"--host {one_line(host)}: there is no such address; use 127.0.0.1, 0.0.0.0 for all, or one of this machine"
        ) from None
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except PermissionError:
        raise ServeError(f"--port {port}: this user may not take it; use --port 8000 or another above 1023") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServeError(f"--port {port}: another program listens there; name another, or --port 0 for a free one") from None
        raise ServeError(f"--host {one_line(host)}: {(error.strerror or str(error)).lower()}; use 127.0.0.1 or 0.0.0.0") from None


def is_loopback(taken: socket.socket) -> bool:
    """Whether only this machine can reach the socket."""
    return ipaddress.ip_address(taken.getsockname()[0]).is_loopback


def told(name: str, host: str, taken: socket.socket, *, is_local: bool) -> str:
    """Where the server is and who can reach it."""
    shown = f"[{host}]" if ":" in host else host
    reach = (
        "only this machine can reach it"
        if is_local
        else "every machine that reaches this address can use it, without a password and unencrypted (see docs/serve.md)"
    )
    return f"serve: {one_line(name)} at http://{shown}:{taken.getsockname()[1]}/ ({reach}); Ctrl-C ends it"
