"""`mien serve` under load: hostile clients among honest ones, and its speed beside a bare ONNX Runtime loop.

    python -m benchmarks.serve_load [MODEL] --requests 10000 --clients 16

1. Speed: honest requests alone, and a bare loop over the same pictures with as many processes as the server reads with (each prepares a
   picture and runs the network on it), in turns; the ratio is taken pair by pair. The clients run on the same machine, and their CPU time
   is printed, because the bare loop has none.
2. Load: honest requests of mixed sizes, and 1 % hostile ones beside them: statuses, latency of the honest ones, memory of all processes.
"""

import asyncio
import itertools
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.serving.bare import bare_s
from benchmarks.serving.client import Answer, Server, connection, request
from benchmarks.serving.hostile import KINDS, bombs
from benchmarks.serving.memory import Watch, cpu_s
from benchmarks.serving.pictures import drawn, of_folder
from mien.core.parallel import num_processes

TIMEOUT_S = 10
HOSTILE_AT_ONCE = 8


@contextmanager
def running(model: str, *, workers: int, detector: str) -> Iterator[tuple[Server, int]]:
    """The server in a process of its own, and its process id."""
    command = [sys.executable, "-m", "mien", "serve", *([model] if model else []), "--port", "0", "--workers", str(workers)]
    command += ["--detector", detector, "--timeout-s", str(TIMEOUT_S)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        found = re.search(r":(\d+)/ ", line)
        if not found:
            sys.exit(f"error: the server did not start; its error is above: {line}")
        yield Server(int(found[1])), process.pid
        assert process.poll() is None, f"the server ended with code {process.returncode}"
    finally:
        process.terminate()
        process.wait()


async def honest(server: Server, requests: list[bytes], num: int, *, clients: int) -> list[tuple[Answer, float]]:
    """The answers to `num` requests, taken in turn by `clients` clients, and their latencies in seconds."""
    numbers = iter(range(num))
    found: list[tuple[Answer, float]] = []

    async def client() -> None:
        async with connection(server) as made:
            for number in numbers:
                began_s = time.perf_counter()
                answer = await made.ask(requests[number % len(requests)])
                found.append((answer, time.perf_counter() - began_s))

    await asyncio.gather(*(client() for _ in range(clients)))
    return found


async def attacked(server: Server, num: int) -> list[tuple[str, Answer]]:
    """`num` hostile requests, the kinds in turn."""
    gate = asyncio.Semaphore(HOSTILE_AT_ONCE)

    async def one(kind: str) -> tuple[str, Answer]:
        async with gate:
            try:
                return kind, await KINDS[kind][0](server)
            except (OSError, EOFError) as error:
                return kind, Answer(-1, type(error).__name__)

    return list(await asyncio.gather(*(one(kind) for kind in itertools.islice(itertools.cycle(KINDS), num))))


def speed(
    server: Server, pid: int, model: str, pictures: list[bytes], *, num: int, rounds: int, clients: int, workers: int, how: str
) -> None:
    """Prints pictures per second of both, and their ratio."""
    requests = [request(content) for content in pictures]
    asyncio.run(honest(server, requests, 2 * clients, clients=clients))  # warms it
    pairs, client_s, server_s = [], 0.0, 0.0
    for _ in range(rounds):
        before, began_s, cpu_before = cpu_s(pid), time.perf_counter(), time.process_time()
        asyncio.run(honest(server, requests, num, clients=clients))
        ours_s = time.perf_counter() - began_s
        client_s, server_s = client_s + time.process_time() - cpu_before, server_s + cpu_s(pid) - before
        pairs.append((ours_s, bare_s(model, pictures, num, processes=workers, detector=how)))
    ours, bare = (num / statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(bare_time / our_time for our_time, bare_time in pairs)
    typer.echo(f"speed, {rounds} pairs of {num} pictures, {workers} processes, {clients} clients")
    typer.echo("| served, pictures/s | bare loop, pictures/s | ratio | CPU s of the server | of the clients |\n|---:|---:|---:|---:|---:|")
    typer.echo(f"| {ours:.1f} | {bare:.1f} | {ratio:.2f} | {server_s:.1f} | {client_s:.1f} |\n")


def load(server: Server, pid: int, pictures: list[bytes], *, num: int, share: float, clients: int) -> None:
    """Prints statuses, latencies and memory."""
    requests = [request(content) for content in pictures]
    num_hostile = round(share * num)
    bombs()  # they take a while to make

    async def both() -> tuple[list[tuple[Answer, float]], list[tuple[str, Answer]]]:
        return await asyncio.gather(honest(server, requests, num - num_hostile, clients=clients), attacked(server, num_hostile))

    watch, began_s = Watch(pid), time.perf_counter()
    good, bad = asyncio.run(both())
    took_s, samples_mb = time.perf_counter() - began_s, watch.stop()
    typer.echo(
        f"load, {num} requests of which {num_hostile} are hostile, {clients} clients, {took_s:.0f} s\n| requests | answers | right |"
    )
    typer.echo("|---|---|---|")
    for name, answers, right in [
        ("honest", [answer for answer, _ in good], {200}),
        *((kind, [answer for own, answer in bad if own == kind], KINDS[kind][1]) for kind in KINDS),
    ]:
        told = Counter(" ".join([str(answer.status), answer.reason]).strip() for answer in answers)
        is_right = all(answer.status in right for answer in answers)
        typer.echo(f"| {name} | {', '.join(f'{said} × {times}' for said, times in told.items())} | {'yes' if is_right else 'NO'} |")
    latencies_ms = sorted(1000 * took for _, took in good)
    cuts = statistics.quantiles(latencies_ms, n=100)
    typer.echo(f"\nlatency of the honest, ms: p50 {cuts[49]:.0f}, p95 {cuts[94]:.0f}, p99 {cuts[98]:.0f}, longest {latencies_ms[-1]:.0f}")
    parts = [max(samples_mb[start : start + len(samples_mb) // 4 + 1]) for start in range(0, len(samples_mb), len(samples_mb) // 4 + 1)]
    typer.echo(
        f"memory of all processes, MB: {samples_mb[0]:.0f} at first; largest of each quarter {', '.join(f'{mb:.0f}' for mb in parts)}"
    )


def main(
    model: Annotated[str, typer.Argument(help="As of mien serve.")] = "",
    requests: Annotated[int, typer.Option(min=20, help="Requests under load.")] = 10_000,
    hostile: Annotated[float, typer.Option(min=0, max=1, help="Share of hostile requests.")] = 0.01,
    clients: Annotated[int, typer.Option(min=1, help="Honest clients at once.")] = 16,
    workers: Annotated[int, typer.Option(min=0, help="Processes that read pictures; 0 means one per core.")] = 0,
    detector: Annotated[str, typer.Option(help="As of mien serve.")] = "model",
    pictures: Annotated[Path | None, typer.Option(help="Folder of photographs instead of drawn faces.")] = None,
    timed: Annotated[int, typer.Option(min=1, help="Pictures per timing.")] = 1000,
    rounds: Annotated[int, typer.Option(min=1, help="Paired timings.")] = 3,
) -> None:
    """Prints two Markdown tables."""
    contents = of_folder(pictures) if pictures else drawn()
    count = num_processes(workers)
    with running(model, workers=count, detector=detector) as (server, pid):
        speed(server, pid, model, contents, num=timed, rounds=rounds, clients=clients, workers=count, how=detector)
        load(server, pid, contents, num=requests, share=hostile, clients=clients)


if __name__ == "__main__":
    typer.run(main)
