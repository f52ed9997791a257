"""The command `mien serve` as a user runs it: what it says, how it ends, and that it needs neither torch nor a second port."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mien.cli.app import app
from mien.core.errors import ServeError
from mien.serve.running import is_loopback, listening, told
from tests.predict.network import answer, write_network
from tests.serve.coloured import drawing
from tests.surroundings import ROOT, run_here

FORBIDDEN = ("torch", "torchvision", "timm", "lightning", "facenet_pytorch", "mlflow", "dvc")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_network(tmp_path_factory.mktemp("network") / "colours.onnx", answer())


@contextmanager
def running(network: Path, folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command in a process where torch and other libraries of training cannot be imported, and its first line."""
    for name in FORBIDDEN:
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')\n", encoding="utf-8")
    command = [sys.executable, "-m", "mien", "serve", str(network), "--port", "0", "--workers", "1", *arguments]
    environment = {**os.environ, "PYTHONPATH": f"{folder}:{ROOT}", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # shells let what runs in the background ignore it
    )
    try:
        assert process.stdout
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_without_torch_logs_nothing_and_ends_in_a_line(network: Path, tmp_path: Path, signum: int) -> None:
    with running(network, tmp_path) as (process, line):
        port = re.fullmatch(r"serve: colours at http://127\.0\.0\.1:(\d+)/ \(only this machine can reach it\); Ctrl-C ends it\n", line)
        assert port, line or process.communicate()
        request = urllib.request.Request(f"http://127.0.0.1:{port[1]}/v1/predict", drawing("happy"))
        with urllib.request.urlopen(request, timeout=120) as response:
            assert json.load(response)["files"][0]["faces"][0]["probabilities"].keys() == {"happy", "sad", "angry"}
        process.send_signal(signum)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 128 + signum and out == ""
    name = "Ctrl-C (SIGINT)" if signum == signal.SIGINT else "SIGTERM"
    assert err == f"stopped: mien was ended by {name}; requests that had begun were answered\n".replace("mien", "__main__")
    assert {path.name for path in tmp_path.iterdir() if path.suffix != ".py"} <= {"__pycache__"}, "nothing is written"


def test_a_taken_port_and_a_foreign_address_are_told_in_a_line_with_a_remedy(network: Path, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_here(app, "serve", str(network), "--port", str(port), root=tmp_path)
        assert (done.code, done.out) == (2, "")
        assert done.err == f"error: --port {port}: another program listens there; name another, or --port 0 for a free one\n"
    for host in ("no-such-name.invalid", "192.0.2.7"):
        with pytest.raises(ServeError, match=rf"^--host {host}: .*; use 127\.0\.0\.1"):
            listening(host, 0)


@pytest.mark.parametrize(("host", "is_local"), [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)])
def test_who_can_reach_it_is_said(host: str, is_local: bool) -> None:
    with listening(host, 0) as taken:
        assert is_loopback(taken) == is_local
        line = told("name", host, taken, is_local=is_local)
    assert f"http://{host}:" in line
    assert ("only this machine" in line) == is_local and ("without a password and unencrypted" in line) != is_local


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "python_multipart", "prometheus_client"])
def test_a_missing_package_is_told_with_the_command_that_installs_it(
    network: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    done = run_here(app, "serve", str(network), root=tmp_path)
    assert done.code == 2 and done.err.count("\n") == 1 and "run `pip install mien[serve]`" in done.err and package in done.err


def test_a_model_that_is_none_is_told_in_a_line(tmp_path: Path) -> None:
    done = run_here(app, "serve", "nothing.onnx", root=tmp_path)
    assert done.code == 2 and done.err.startswith("error: there is no file nothing.onnx") and done.err.count("\n") == 1
