"""A client that costs little: requests are bytes made before, over one connection, one after another."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

PATH = "/v1/predict"


@dataclass(frozen=True)
class Server:
    port: int


@dataclass(frozen=True)
class Answer:
    """`reason` is why there is no answer; empty with status 200."""

    status: int
    reason: str = ""


def head(*lines: str) -> bytes:
    return "\r\n".join([f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode()


def request(content: bytes) -> bytes:
    return head(f"Content-Length: {len(content)}") + content


class Connection:
    def __init__(self, server: Server) -> None:
        self._server = server
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, said: bytes) -> Answer:
        """Sends a request and reads its answer."""
        reader, writer = await self.opened()
        writer.write(said)
        await writer.drain()
        return await answer_from(reader)

    async def opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None or self._streams[1].is_closing() or self._streams[0].at_eof():
            self._streams = await asyncio.open_connection("127.0.0.1", self._server.port)
        return self._streams

    def close(self) -> None:
        if self._streams:
            self._streams[1].close()


async def answer_from(reader: asyncio.StreamReader) -> Answer:
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
    (length,) = [int(line.split(":")[1]) for line in lines if line.startswith("content-length")]
    body = await reader.readexactly(length)
    code = int(status.split(" ")[1])
    return Answer(code, json.loads(body)["error"]["reason"] if code != 200 and body else "")


@asynccontextmanager
async def connection(server: Server) -> AsyncIterator[Connection]:
    made = Connection(server)
    try:
        yield made
    finally:
        made.close()
