"""Hostile requests, each with the statuses that are right for it."""

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable
from functools import cache

from benchmarks.serving.client import Answer, Server, answer_from, connection, head, request

GONE = Answer(0, "gone")
"""where the client itself leaves"""


async def not_an_image(server: Server) -> Answer:
    return await _asked(server, request(b"<html>no picture</html>" * 50))


async def broken(server: Server) -> Answer:
    return await _asked(server, request(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(500)))


async def bomb_by_header(server: Server) -> Answer:
    return await _asked(server, request(png(60_000, 60_000, rows=10)))


async def bomb_within_the_limit(server: Server) -> Answer:
    """49 million pixels in 50 kB, which are decoded: the memory that one picture may take."""
    return await _asked(server, request(png(7_000, 7_000)))


async def endless_body(server: Server) -> Answer:
    """Sends until it is told to stop."""
    async with connection(server) as made:
        reader, writer = await made.opened()
        writer.write(head("Transfer-Encoding: chunked"))
        answer = asyncio.ensure_future(answer_from(reader))
        part = b"10000\r\n" + bytes(0x10000) + b"\r\n"
        while not answer.done():
            writer.write(part)
            try:
                await writer.drain()
            except ConnectionError:
                break
            await asyncio.sleep(0)
        return await answer


async def slow_body(server: Server) -> Answer:
    async with connection(server) as made:
        reader, writer = await made.opened()
        writer.write(head("Content-Length: 1000"))
        return await _dripping(reader, writer)


async def slow_head(server: Server) -> Answer:
    async with connection(server) as made:
        reader, writer = await made.opened()
        writer.write(b"POST /v1/predict HTTP/1.1\r\nX-Slow: ")
        return await _dripping(reader, writer)


async def broken_form(server: Server) -> Answer:
    body = b"--x\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nhalf"
    return await _asked(server, head("Content-Type: multipart/form-data; boundary=x", f"Content-Length: {len(body)}") + body)


async def too_many_files(server: Server) -> Answer:
    body = b"".join(b"--x\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\na\r\n" for _ in range(100)) + b"--x--\r\n"
    return await _asked(server, head("Content-Type: multipart/form-data; boundary=x", f"Content-Length: {len(body)}") + body)


async def leaves(server: Server) -> Answer:
    """Asks and goes before the answer."""
    async with connection(server) as made:
        _, writer = await made.opened()
        writer.write(request(png(3_000, 3_000)))
        await writer.drain()
    return GONE


KINDS: dict[str, tuple[Callable[[Server], Awaitable[Answer]], set[int]]] = {
    "not an image": (not_an_image, {415}),
    "broken": (broken, {422}),
    "bomb by its header": (bomb_by_header, {413}),
    "bomb within the limit": (bomb_within_the_limit, {200}),
    "endless body": (endless_body, {413}),
    "slow body": (slow_body, {408}),
    "slow head": (slow_head, {408}),
    "broken form": (broken_form, {400}),
    "too many files": (too_many_files, {413}),
    "leaves": (leaves, {0}),
}


async def _asked(server: Server, said: bytes) -> Answer:
    async with connection(server) as made:
        return await made.ask(said)


async def _dripping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Answer:
    answer = asyncio.ensure_future(answer_from(reader))
    while not answer.done():
        writer.write(b"x")
        await asyncio.wait({answer}, timeout=0.5)
    return await answer


def bombs() -> None:
    """Makes the bombs, which are then kept."""
    png(7_000, 7_000)
    png(3_000, 3_000)


@cache
def png(width_px: int, height_px: int, *, rows: int | None = None) -> bytes:
    """A grey PNG of one level, compressed a thousandfold; `rows` fewer rows than its header says."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width_px, height_px, 8, 0, 0, 0, 0))
    packer = zlib.compressobj(9)
    row = b"\0" + b"\x80" * width_px
    data = b"".join(packer.compress(row) for _ in range(height_px if rows is None else rows)) + packer.flush()
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")
