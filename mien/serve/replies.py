"""Answers in JSON. An error's answer reaches a client that is still sending."""

import asyncio

from pydantic import BaseModel
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mien.serve.refusing import RETRY_AFTER_S, Refusal
from mien.serve.schema import Error, ErrorAnswer

LINGER_S = 2.0


class Json(Response):
    """A pydantic value as JSON."""

    media_type = "application/json"

    def __init__(self, value: BaseModel, status: int = 200, headers: dict[str, str] | None = None) -> None:
        super().__init__(value.model_dump_json(), status, headers)


class Lingering(Json):
    """Sends its whole body at once, then reads for a short while what the client still sends, and closes the connection.

    If a connection closes while data arrive, TCP resets it, and the client never sees the answer that says what was wrong.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        self.headers["connection"] = "close"
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        try:
            async with asyncio.timeout(LINGER_S):
                while (message := await receive())["type"] == "http.request" and message.get("more_body"):
                    pass
        except TimeoutError:
            pass
        await send({"type": "http.response.body", "body": b""})


def error_reply(refusal: Refusal, *, is_body_left: bool = False) -> Json:
    """The answer to a refused request; `is_body_left` if its body was not read to the end."""
    value = ErrorAnswer(error=Error(reason=refusal.reason, detail=refusal.detail))
    headers = {"Retry-After": str(RETRY_AFTER_S)} if refusal.status == 503 else None
    return (Lingering if is_body_left else Json)(value, refusal.status, headers)
