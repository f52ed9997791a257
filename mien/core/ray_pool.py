"""A pool of Ray tasks, for `parallel_map`: the same work on the workers of a Ray cluster, or of a Ray that is started on this machine.

Ray copies no code and no files: the machines of a cluster share this folder at the same path, and the environment (docs/cluster.md).
"""

import logging
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar
from unittest import mock

from mien.core.errors import WorkerError
from mien.core.leftovers import is_alive, owner

Result = TypeVar("Result")

RETRIES: Final = 3  # of a piece whose worker or machine is lost
STORE_BYTES: Final = 200 * 2**20  # shared memory of a Ray that is started here; results beyond it go to the disk
ANSWER_S: Final = 10.0  # to wait for the cluster
CANCEL_S: Final = 30.0  # to wait for the end of cancelled tasks
QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is sent to Ray's authors
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",  # the warning that it does not hide GPUs from tasks which use none
}
# Even without usage statistics, the Ray that is started here asks addresses of cloud providers in which cloud it is. No server listens at
# this proxy, so the question does not leave the machine; Ray's own connections use no proxy.
NO_NETWORK: Final = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")


@contextmanager
def ray_pool(*, num_cpus: int) -> Iterator[Callable[..., "Future[Any]"]]:
    """Yields `submit(work, piece)`, which calls `work(piece)` in a Ray task of one CPU and returns its Future; `outcome` reads it.

    The cluster is the one at RAY_ADDRESS. Without this variable, a Ray with `num_cpus` workers is started on this machine, and stopped at
    the end. On an error or a signal, tasks in work are ended first, so that none writes after this process has tidied up. Raises
    WorkerError if Ray is not installed or the cluster does not answer.
    """
    address = os.environ.get("RAY_ADDRESS", "").strip()
    os.environ.update(QUIET)
    if not address:  # Ray listens on all interfaces of a machine, and would obey anyone without a token
        os.environ.setdefault("RAY_AUTH_MODE", "token")
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    try:
        import ray  # reads these variables
    except ImportError:
        raise WorkerError(
            "runtime.executor: ray needs the package ray, which is not installed; run `pip install 'mien[cluster]'` or set it to local"
        ) from None
    with ExitStack() as stack:
        with _signals_later():
            _start(ray, stack, address, num_cpus)
        marker = stack.enter_context(_marker())
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(_work_there)
        running: set[Future[Any]] = set()

        def submit(work: Callable[..., Any], piece: object) -> "Future[Any]":
            future: Future[Any] = task.remote(str(marker), work, piece).future()
            running.add(future)
            future.add_done_callback(running.discard)
            return future

        try:
            yield submit
        except BaseException:
            with _signals_later():
                _cancel(ray, [future.object_ref for future in list(running)])  # type: ignore[attr-defined]
            raise


def outcome(future: "Future[Result]") -> Result:
    """The result of a task, or the exception that `work` raised.

    Raises BrokenProcessPool if each worker died that began the task, and WorkerError if the cluster fails.
    """
    from ray.exceptions import OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError

    try:
        return future.result()
    except RayTaskError as error:
        raise error.cause from error
    except (WorkerCrashedError, OutOfMemoryError) as error:
        raise BrokenProcessPool(str(error)) from None
    except RayError as error:
        raise WorkerError(
            f"runtime.executor: Ray has failed ({_first_line(error)}); see whether its machines run (`ray status`), "
            "then run the same command again"
        ) from error


def _work_there(marker: str, work: Callable[[Any], Result], piece: object) -> Result:
    """What a task does: `work(piece)` in the folder of the process that began it, because the paths in a piece are relative."""
    folder = Path(marker).parents[2]
    try:
        os.chdir(folder)
        Path(marker).stat()
    except OSError:
        raise WorkerError(
            f"runtime.executor: the folder {folder} of the machine {os.uname().nodename} is missing or is not the one of this machine; "
            "all machines of the Ray cluster must share it at the same path (docs/cluster.md)"
        ) from None
    return work(piece)


def _start(ray: Any, stack: ExitStack, address: str, num_cpus: int) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    # Ray prints on stdout that a worker died, also if the piece is done by another.
    ray._private.worker.print_to_stdstream = lambda *_, **__: None
    try:
        if address:
            _answers(address)
            stack.callback(_stop, ray)
            ray.init(address, **quiet)
            if not ray.cluster_resources().get("CPU"):
                print(f"warning: the Ray cluster at {address} has no CPUs; the stage waits until a machine joins it", file=sys.stderr)
            return
        # Sockets are made in this folder, so its path must be short.
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True))
        stack.callback(_stop, ray)  # before its folder is removed
        with mock.patch.dict(os.environ, NO_NETWORK):
            ray.init(
                "local", num_cpus=num_cpus, num_gpus=0, object_store_memory=STORE_BYTES, include_dashboard=False, _temp_dir=home, **quiet
            )
    except Exception as error:
        reason = _first_line(error)
        remedy = (
            f"RAY_ADDRESS={address} cannot be used ({reason}); start the cluster with `ray start`, or unset RAY_ADDRESS"
            if address
            else f"Ray did not start on this machine ({reason}); run the same command again, or set runtime.executor: local"
        )
        raise WorkerError(f"runtime.executor: {remedy}") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".") or type(error).__name__


def _answers(address: str) -> None:
    """Raises an error if nothing listens at the address. Ray would try for minutes, and print a warning every few seconds."""
    if address == "auto":  # the cluster of this machine, which Ray finds by a file
        return
    host, _, port = address.rpartition(":")
    if not port.isdigit() or "/" in host:
        raise ValueError("it must be HOST:PORT, as `ray start --head` prints it, or auto")
    socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S).close()


def _stop(ray: Any) -> None:
    with _signals_later(), suppress(Exception):
        ray.shutdown()


def _cancel(ray: Any, tasks: list[Any]) -> None:
    with suppress(Exception):  # the cluster may be what failed
        for task in tasks:
            ray.cancel(task, force=True)
        ray.wait(tasks, num_returns=len(tasks), timeout=CANCEL_S, fetch_local=False)


@contextmanager
def _marker() -> Iterator[Path]:
    """A file in this folder by which a task recognises it; another machine may have another folder at the same path."""
    path = Path.cwd() / ".mien" / "ray" / f"{owner()}.{os.getpid()}"
    path.parent.mkdir(parents=True, exist_ok=True)
    for other in path.parent.glob(f"{owner()}.*"):  # of stages that were killed
        if not is_alive(int(other.suffix[1:])):
            other.unlink(missing_ok=True)
    path.touch()
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def _signals_later() -> Iterator[None]:
    """Delays Ctrl-C and SIGTERM, and restores their handlers, which Ray replaces. Ray would swallow what a handler raises.

    Signals are not blocked as in mien.core.parallel, because the processes of Ray would inherit that and not end at SIGTERM.
    """
    received: list[int] = []

    def note(signum: int, _frame: FrameType | None) -> None:
        received.append(signum)

    before = {signum: signal.signal(signum, note) for signum in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
        if received:
            signal.raise_signal(received[0])
