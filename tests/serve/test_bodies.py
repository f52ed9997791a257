"""The files of a body: as they were sent, however the body is cut into chunks, and never more than the limits allow."""

import asyncio
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect

from mien.serve.bodies import Held, Upload, read_files
from mien.serve.limits import Limits
from mien.serve.refusing import Refusal

LIMITS = Limits(file_bytes=400, request_bytes=1000, files=3, time_s=5.0)
BOUNDARY = "--a-boundary"


def form(*files: tuple[str, bytes], fields: Sequence[tuple[str, bytes]] = ()) -> bytes:
    parts = [f'form-data; name="{name}"'.encode() + b"\r\n\r\n" + value for name, value in fields]
    parts += [f'form-data; name="x"; filename="{name}"\r\nContent-Type: image/png'.encode() + b"\r\n\r\n" + data for name, data in files]
    lines = b"".join(b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: " + part + b"\r\n" for part in parts)
    return lines + b"--" + BOUNDARY.encode() + b"--\r\n"


MULTIPART = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def read(
    chunks: Sequence[bytes], headers: dict[str, str], *, limits: Limits = LIMITS, held: Held | None = None, ends: bool = True
) -> list[Upload]:
    """What is read of a body that comes in chunks; without `ends` the client sends nothing after them."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages += [{"type": "http.request", "body": b"", "more_body": False}] if ends else []
    counted = held or Held(10**6)

    async def receive() -> Any:
        return messages.pop(0) if messages else await asyncio.Event().wait()

    async def whole() -> list[Upload]:
        with counted.counted() as share:
            return await read_files(Headers(headers), receive, limits, share)

    found = asyncio.run(whole())
    assert counted.total == 0
    return found


def refused(reason: str, chunks: Sequence[bytes], headers: dict[str, str], **given: object) -> str:
    held = Held(10**6)
    with pytest.raises(Refusal) as caught:
        read(chunks, headers, **{"held": held, **given})
    assert caught.value.reason == reason and held.total == 0
    return caught.value.detail


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    ends = sorted({0, len(data), *(place % len(data) for place in places)})
    return [data[start:end] for start, end in pairwise(ends)]


names = st.text(st.characters(blacklist_characters='"\\\r\n;', blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(names, st.binary(max_size=120) | st.just(b"\r\n--" + BOUNDARY.encode()[:-1])), min_size=1, max_size=3),
    st.lists(st.integers(0, 5000), max_size=8),
)
def test_a_form_gives_its_files_however_it_is_cut(files: list[tuple[str, bytes]], places: list[int]) -> None:
    body = form(*files, fields=[("comment", b"not a file")])
    assert [(upload.name, bytes(upload.content)) for upload in read(cut(body, places), MULTIPART)] == files


@pytest.mark.parametrize("kind", ["image/jpeg", "application/x-www-form-urlencoded", ""])
def test_any_other_body_is_one_file_without_a_name(kind: str) -> None:
    (upload,) = read([b"one ", b"file"], {"content-type": kind} if kind else {})
    assert (upload.name, bytes(upload.content)) == (None, b"one file")


def test_each_limit_is_told() -> None:
    assert "0.000953674 MiB" in refused("body_too_large", [], {"content-length": "1001"}, ends=False)
    refused("body_too_large", [form(*[("a", b"x" * 390)] * 2), b"\r\n" * 300], MULTIPART, ends=False)
    refused("file_too_large", [b"x" * 300] * 2, {}, ends=False)
    refused("file_too_large", [form(("a", b"x" * 401))], MULTIPART)
    assert "at most 3 files" in refused("too_many_files", [form(*[("a", b"x")] * 4)], MULTIPART)
    refused("body_too_slow", [b"x"], {}, limits=Limits(time_s=0.05), ends=False)
    refused("no_file", [], {})
    refused("no_file", [form(fields=[("comment", b"no file")])], MULTIPART)


def test_the_memory_of_all_requests_together_is_bounded() -> None:
    held = Held(500)
    with held.counted() as other:
        other.add(300)
        with pytest.raises(Refusal) as caught:
            asyncio.run(_read_within(held))
        assert caught.value.status == 503 and held.total == 300
    assert held.total == 0


async def _read_within(held: Held) -> None:
    async def receive() -> dict:
        return {"type": "http.request", "body": b"x" * 201, "more_body": False}

    with held.counted() as share:
        await read_files(Headers({}), receive, LIMITS, share)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (form(("a", b"x")), {"content-type": "multipart/form-data"}),
        (form(("a", b"x"))[:-6], MULTIPART),
        (b"", MULTIPART),
        (b"no form at all", MULTIPART),
        (form(("a", b"x")), {"content-type": f"multipart/form-data; boundary={'b' * 400}"}),
    ],
)
def test_a_form_that_is_none_is_told_in_a_line(body: bytes, headers: dict[str, str]) -> None:
    assert "\n" not in refused("bad_body", [body] if body else [], headers)


def test_a_client_that_goes_is_told_apart() -> None:
    async def receive() -> dict:
        return {"type": "http.disconnect"}

    async def whole() -> None:
        with Held(10).counted() as share:
            await read_files(Headers({}), receive, LIMITS, share)

    with pytest.raises(ClientDisconnect):
        asyncio.run(whole())


def test_nothing_is_written_to_a_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a picture would be written to a disk")

    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, refuse)
    large = Limits(file_bytes=4 * 2**20, request_bytes=8 * 2**20)
    (upload,) = read([form(("a", b"x" * (3 * 2**20)))], MULTIPART, limits=large, held=Held(10**8))
    assert len(upload.content) == 3 * 2**20
