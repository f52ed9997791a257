"""Maps a function over a stream of items on several processes, in order, without ever holding more than a few of them."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import chain, islice
from typing import Any, Generic, TypeVar

from mien.core.parallel import ended_on_error, num_processes, signals_waiting, start_workers, worker_context, worker_started

Item = TypeVar("Item")
Result = TypeVar("Result")


class Crashed(Generic[Item]):
    """The result of an item whose work ended its process, such as a decoder that a hostile file crashes."""


def stream(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    *,
    workers: int,
    prepare: Callable[..., None],
    given: tuple[Any, ...] = (),
) -> Iterator[Result | Crashed[Item]]:
    """Yields `work(item)` for each item, in order, from `workers` processes (0: one per core); `work` must be a top-level function.

    `prepare(*given)` is called once in each process before any work. A single item is worked on in this process, because starting another
    takes longer. An item that crashes its process twice, the second time alone, gives Crashed; no other item is lost.
    """
    source = iter(items)
    first = list(islice(source, 2))
    if len(first) < 2:
        if first:
            prepare(*given)
            yield work(first[0])
        return
    count = num_processes(workers)
    waiting: deque[tuple[Item, Future[Result]]] = deque()
    rest = chain(first, source)
    start_workers(work.__module__)  # imports once what each worker needs
    with ended_on_error():
        pool = _pool(count, prepare, given)
        try:
            while True:
                while len(waiting) < 3 * count and (item := next(rest, _END)) is not _END:
                    waiting.append((item, _submitted(pool, work, item)))
                if not waiting:
                    return
                item, future = waiting.popleft()
                try:
                    result: Result | Crashed[Item] = future.result()
                except BrokenProcessPool:
                    result = _alone(work, item, prepare, given)
                    pool.shutdown(wait=False, cancel_futures=True)
                    pool = _pool(count, prepare, given)
                    waiting = deque((item, future if _is_done(future) else _submitted(pool, work, item)) for item, future in waiting)
                yield result
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


_END: Any = object()


def _alone(work: Callable[[Item], Result], item: Item, prepare: Callable[..., None], given: tuple[Any, ...]) -> Result | Crashed[Item]:
    """The result of an item in a process of its own: when a process dies, all items that were in work with it are suspects."""
    with _pool(1, prepare, given) as pool:
        try:
            return _submitted(pool, work, item).result()
        except BrokenProcessPool:
            return Crashed()


def _submitted(pool: ProcessPoolExecutor, work: Callable[[Item], Result], item: Item) -> "Future[Result]":
    try:
        with signals_waiting():
            return pool.submit(work, item)
    except BrokenProcessPool as error:
        broken: Future[Result] = Future()
        broken.set_exception(error)
        return broken


def _is_done(future: "Future[Result]") -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


def _pool(count: int, prepare: Callable[..., None], given: tuple[Any, ...]) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(count, mp_context=worker_context(), initializer=worker_started, initargs=(prepare, *given))
