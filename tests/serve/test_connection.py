"""Slow, endless and silent clients: each is told what was wrong, and none keeps its connection."""

import json
import socket
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mien.serve import running
from mien.serve.pool import Pool
from tests.serve.coloured import LIMITS, Served, served

HEAD_S = 0.6
TIME_S = 1.0


@pytest.fixture(scope="module")
def hurried(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "HEAD_S", HEAD_S)
        patch.setattr(running, "_WRITE_S", 0.5)
        with served(tmp_path_factory.mktemp("hurried"), pool, limits=replace(LIMITS, time_s=TIME_S)) as made:
            yield made


def connected(hurried: Served, said: bytes) -> socket.socket:
    made = socket.create_connection(("127.0.0.1", hurried.port), timeout=30)
    made.sendall(said)
    return made


def heard(client: socket.socket) -> bytes:
    """Everything up to the end of the connection."""
    parts = []
    while part := client.recv(65536):
        parts.append(part)
    return b"".join(parts)


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def post(headers: str) -> bytes:
    return f"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n\r\n".encode()


@pytest.mark.parametrize("said", [b"GET /healthz HT", b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: "])
def test_a_head_that_does_not_end_is_a_408(hurried: Served, said: bytes) -> None:
    with connected(hurried, said) as client:
        assert status(heard(client)) == 408


def test_a_head_that_comes_byte_by_byte_has_no_more_time(hurried: Served) -> None:
    began_s = time.monotonic()
    with connected(hurried, b"GET / HTTP/1.1\r\nX: ") as client, pytest.raises(OSError, match=r"reset|Broken"):  # noqa: PT012
        while time.monotonic() < began_s + 30:
            client.sendall(b"x")
            time.sleep(0.1)


def test_a_connection_without_a_request_is_closed_without_a_word(hurried: Served) -> None:
    with connected(hurried, b"") as client:
        assert heard(client) == b""


def test_a_body_that_does_not_end_is_a_408_in_json(hurried: Served) -> None:
    with connected(hurried, post("Content-Length: 1000") + b"x" * 10) as client:
        head, _, body = heard(client).partition(b"\r\n\r\n")
    assert status(head) == 408 and json.loads(body)["error"]["reason"] == "body_too_slow"
    assert b"connection: close" in head.lower()


@pytest.mark.parametrize("head", ["Content-Length: 99999999999", "Transfer-Encoding: chunked"])
def test_an_endless_body_is_a_413_that_reaches_who_is_still_sending(hurried: Served, head: str) -> None:
    part = b"x" * 50_000
    with connected(hurried, post(head)) as client:
        for _ in range(10):  # more than the limits, and the server still reads
            client.sendall(part if "Length" in head else b"c350\r\n" + part + b"\r\n")
        answer = client.recv(65536)
        assert status(answer) == 413
        began_s = time.monotonic()
        heard(client)
    assert time.monotonic() - began_s < 20


def test_who_asks_first_whether_to_send_is_told_before_sending(hurried: Served) -> None:
    with connected(hurried, post("Content-Length: 99999999\r\nExpect: 100-continue")) as client:
        assert status(client.recv(65536)) == 413


def test_who_reads_no_answer_does_not_keep_the_connection(hurried: Served) -> None:
    with connected(hurried, b"") as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        asked = b"GET /page.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 2000
        client.settimeout(30)
        with pytest.raises((ConnectionError, TimeoutError)) as caught:  # noqa: PT012
            for _ in range(100):
                client.sendall(asked)
                time.sleep(0.1)
    assert not isinstance(caught.value, TimeoutError)


@pytest.mark.parametrize("said", [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_http_is_a_400(hurried: Served, said: bytes) -> None:
    with connected(hurried, said + b"\r\n\r\n") as client:
        assert status(client.recv(65536)) == 400
