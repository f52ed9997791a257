"""uvicorn's HTTP connection with two time limits that it does not have: for the head of a request, and for a request as a whole."""

import asyncio
from collections.abc import Callable

from uvicorn.protocols.http.h11_impl import H11Protocol

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


def timed_protocol(*, head_s: float, whole_s: float) -> type[H11Protocol]:
    """A connection that ends if the head of a request does not arrive within `head_s`, or if a request is not answered, and its answer
    taken by the client, within `whole_s`. Without it a client that sends a byte now and then, or reads none, keeps a connection forever.
    """

    class TimedProtocol(H11Protocol):
        _timer: asyncio.TimerHandle | None = None
        _has_begun = False

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._wait_for_head()

        def data_received(self, data: bytes) -> None:
            self._has_begun = True
            super().data_received(data)

        def handle_events(self) -> None:
            before = self.cycle
            super().handle_events()
            if self.cycle is not before and not self.cycle.response_complete:
                self._set(whole_s, self.transport.abort)

        def on_response_complete(self) -> None:
            self._wait_for_head()
            super().on_response_complete()

        def connection_lost(self, exc: Exception | None) -> None:
            if self._timer:
                self._timer.cancel()
            super().connection_lost(exc)

        def _wait_for_head(self) -> None:
            self._has_begun = False
            self._set(head_s, self._end)

        def _set(self, time_s: float, act: Callable[[], object]) -> None:
            if self._timer:
                self._timer.cancel()
            self._timer = self.loop.call_later(time_s, act)

        def _end(self) -> None:
            if self._has_begun:
                self.transport.write(_TOO_SLOW)
            self.transport.close()

    return TimedProtocol
