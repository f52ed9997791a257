"""The files of a request's body, read into memory and never onto a disk, within the limits."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from mien.serve.limits import MIB, Limits
from mien.serve.refusing import Refusal


@dataclass
class Upload:
    """A file as it was sent."""

    name: str | None = None
    content: bytearray = field(default_factory=bytearray)


class Held:
    """Counts the bytes of all bodies in memory."""

    def __init__(self, limit: int) -> None:
        self.limit, self.total = limit, 0

    @contextmanager
    def counted(self) -> Iterator["Share"]:
        """One request's share, which is given back at the end."""
        share = Share(self)
        try:
            yield share
        finally:
            self.total -= share.total


class Share:
    """The bytes of one request; `is_complete` once its body was received to the end."""

    def __init__(self, held: Held) -> None:
        self._held, self.total, self.is_complete = held, 0, False

    def add(self, num_bytes: int) -> None:
        """Raises Refusal if the bodies of all requests take too much memory."""
        if self._held.total + num_bytes > self._held.limit:
            raise Refusal("busy", "other requests fill the memory that is set apart for pictures; try again later")
        self._held.total += num_bytes
        self.total += num_bytes


async def read_files(headers: Headers, receive: Receive, limits: Limits, share: Share) -> list[Upload]:
    """The files of a multipart form, or the body as one file. Raises Refusal, and ClientDisconnect if the client goes."""
    kind, options = parse_options_header(headers.get("content-type"))
    announced = headers.get("content-length", "")
    if announced.isdigit() and int(announced) > limits.request_bytes:
        raise _too_large(limits)
    chunks = _chunks(receive, limits, share)
    try:
        async with asyncio.timeout(limits.time_s):
            if kind == b"multipart/form-data":
                uploads = await _of_form(chunks, options.get(b"boundary", b""), limits)
            else:
                uploads = await _whole(chunks, limits)
    except TimeoutError:
        raise Refusal("body_too_slow", f"the body did not arrive within {limits.time_s:g} s; send smaller pictures") from None
    if not uploads:
        raise Refusal("no_file", "the body holds no file; send a picture as the body, or several as files of a multipart form")
    return uploads


async def _chunks(receive: Receive, limits: Limits, share: Share) -> AsyncIterator[bytes]:
    while not share.is_complete:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        share.is_complete = not message.get("more_body", False)
        chunk = message.get("body", b"")
        if share.total + len(chunk) > limits.request_bytes:
            raise _too_large(limits)
        share.add(len(chunk))
        yield chunk


async def _whole(chunks: AsyncIterator[bytes], limits: Limits) -> list[Upload]:
    upload = Upload()
    async for chunk in chunks:
        _append(upload, chunk, limits)
    return [upload] if upload.content else []


def _too_large(limits: Limits) -> Refusal:
    return Refusal("body_too_large", f"a request may have at most {limits.request_bytes / MIB:g} MiB; send fewer or smaller pictures")


def _append(upload: Upload, chunk: bytes | memoryview, limits: Limits) -> None:
    if len(upload.content) + len(chunk) > limits.file_bytes:
        raise Refusal("file_too_large", f"a file may have at most {limits.file_bytes / MIB:g} MiB; send a smaller picture")
    upload.content += chunk


async def _of_form(chunks: AsyncIterator[bytes], boundary: bytes, limits: Limits) -> list[Upload]:
    if not boundary:
        raise Refusal("bad_body", "the Content-Type multipart/form-data has no boundary; let the HTTP library set this header")
    form = _Form(limits)
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        async for chunk in chunks:
            parser.write(chunk)
        parser.finalize()
    except FormParserError as error:
        raise Refusal("bad_body", f"the body is no complete multipart form ({error})") from None
    if not form.is_ended:
        raise Refusal("bad_body", "the body is no complete multipart form (it ends early)")
    return form.files


class _Form:
    """Takes the parser's callbacks. A part with a file name is a file; other fields are skipped."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._field = self._value = b""
        self._disposition = b""
        self._file: Upload | None = None
        self.files: list[Upload] = []
        self.is_ended = False

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_field,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._end_headers,
            "on_part_data": self._add_data,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._file, self._disposition = None, b""

    def _add_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field = self._value = b""

    def _end_headers(self) -> None:
        name = _file_name(self._disposition)
        if name is None:
            return
        if len(self.files) == self._limits.files:
            raise Refusal("too_many_files", f"a request may have at most {self._limits.files} files; send several requests")
        self._file = Upload(name)
        self.files.append(self._file)

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            _append(self._file, memoryview(data)[start:end], self._limits)

    def _end(self) -> None:
        self.is_ended = True


def _file_name(disposition: bytes) -> str | None:
    """The file name of a Content-Disposition header; None if it has none, so that the part is a field and no file."""
    options = parse_options_header(disposition)[1]
    name = options.get(b"filename")
    return None if name is None else name.decode("utf-8", "replace")
