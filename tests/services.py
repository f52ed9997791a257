"""Servers that tests start on free ports of this machine: S3 (moto's), PostgreSQL (Debian's) and MLflow's."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

import pytest

START_S = 300
"""how long a server may take to start on a busy machine"""


@dataclass(frozen=True)
class Storage:
    """An S3 server, and what a client needs to reach it."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that boto3, DVC and MLflow read. moto accepts any credentials."""
        credentials = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
        nothing_else = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        return credentials | nothing_else | {"AWS_ENDPOINT_URL_S3": self.endpoint, "MLFLOW_S3_ENDPOINT_URL": self.endpoint}

    def make(self, bucket: str) -> None:
        self._client().create_bucket(Bucket=bucket)

    def objects(self, bucket: str) -> dict[str, int]:
        """The size of every object, by its key."""
        pages = self._client().get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {entry["Key"]: entry["Size"] for page in pages for entry in page.get("Contents", ())}

    def read(self, bucket: str, key: str) -> bytes:
        return bytes(self._client().get_object(Bucket=bucket, Key=key)["Body"].read())

    def _client(self):  # type: ignore[no-untyped-def]  # boto3 makes the class when it is called
        import boto3

        given = self.environment
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=given["AWS_DEFAULT_REGION"],
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )


@contextmanager
def s3_server() -> Iterator[Storage]:
    """moto's S3 server, in a thread of this process."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Storage(f"http://{host}:{port}")
    finally:
        server.stop()


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database on a PostgreSQL server. Without its programs the tests are skipped, unless
    MIEN_POSTGRESQL=required.
    """
    binaries = _postgresql_binaries()
    if binaries is None:
        if os.environ.get("MIEN_POSTGRESQL") == "required":
            pytest.fail("there is no initdb: install Debian's package postgresql")
        pytest.skip("there is no initdb: install Debian's package postgresql")
    # Not below pytest's folder, which another user than its owner cannot enter; and a socket's path has at most 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    password, port = secrets.token_hex(8), free_port()
    (folder / "password").write_text(password, encoding="utf-8")
    as_user = _not_root(folder)
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
    control = [*as_user, str(binaries / "pg_ctl"), "--pgdata", str(folder / "data"), "-w", "-t", str(START_S)]
    make = [*as_user, str(binaries / "initdb"), "--pgdata", str(folder / "data"), "--username=mlflow", "--encoding=UTF8", "--no-locale"]
    try:
        _run([*make, "--no-sync", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"], folder)
        _run([*control, "--log", str(folder / "log"), "-o", options, "start"], folder)
        try:
            yield f"postgresql://mlflow:{password}@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "--mode=immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def mlflow_server(folder: Path, *, database: str, artifacts: str, environment: dict[str, str]) -> Iterator[str]:
    """The address of an MLflow server that keeps runs in `database` and passes artifacts on to `artifacts`; its log is in `folder`."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "AWS_"))}
    # The password is in the environment and not among the arguments, which every user of a machine can list.
    settings = {"MLFLOW_BACKEND_STORE_URI": database, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    command = [sys.executable, "-m", "mlflow", "server", "--artifacts-destination", artifacts, "--port", str(port), "--workers", "1"]
    with (folder / "mlflow.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=kept | environment | settings, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        address, ends_s = f"http://127.0.0.1:{port}", time.monotonic() + START_S
        while not _answers(f"{address}/health"):
            said = (folder / "mlflow.log").read_text(encoding="utf-8", errors="replace")
            assert process.poll() is None and time.monotonic() < ends_s, f"MLflow's server did not start:\n{said[-3000:]}"
            time.sleep(0.1)
        yield address
    finally:
        os.killpg(process.pid, 15)
        process.wait(60)


def free_port() -> int:
    """A TCP port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgresql_binaries() -> Path | None:
    """The folder of the newest PostgreSQL server; Debian leaves it out of PATH."""
    found = shutil.which("initdb")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return Path(found).resolve().parent if found else versions[-1].parent if versions else None


def _not_root(folder: Path) -> list[str]:
    """What precedes a command, and makes `folder` its user's: PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


def _run(command: list[str], folder: Path) -> None:
    with (folder / "said").open("w+") as said:  # a pipe would stay open in the server that pg_ctl starts
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False)
        said.seek(0)
        assert done.returncode == 0, f"{command} exited with {done.returncode}:\n{said.read()}"


def _answers(address: str) -> bool:
    try:
        with urlopen(address, timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
