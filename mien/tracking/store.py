"""Where MLflow keeps runs and artifacts: by default in the repository, even if its folder was moved, copied or has an unusual name."""

import os
import re
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mien.core.errors import TrackingError
from mien.core.files import replacing_file

DATABASE, ARTIFACTS = "mlflow.db", "mlartifacts"
PLACES = (("experiments", "artifact_location"), ("runs", "artifact_uri"), ("logged_models", "artifact_location"))
"""Columns of MLflow's database that contain artifact locations as absolute addresses."""
PORTS = {"postgresql": 5432, "mysql": 3306, "mssql": 1433}
"""of the database servers that MLflow knows, where an address names none"""
REACH_S = 5.0


def address(workspace: Path, database: str = DATABASE) -> str:
    """The tracking store: MLFLOW_TRACKING_URI, or else a database in `workspace`.

    If the folder's name has characters other than letters, digits and _ . - the address is relative, because SQLAlchemy cuts a path at
    `?` and MLflow decodes `%20`, even in quoted paths. The caller must therefore be in `workspace` to connect.
    """
    local = str(workspace / database) if re.fullmatch(r"[\w./-]+", str(workspace)) else database
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{local}"


def shown(workspace: Path) -> str:
    """The tracking store in readable form: the full path of a database in `workspace`."""
    return without_password(os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{workspace / DATABASE}")


def without_password(text: str) -> str:
    """The text with *** for the password in each address that names one, such as postgresql://user:password@host/database."""
    return re.sub(r"(?<=://)([^\s/:@]*):[^\s/]*@", r"\1:***@", text)


def prepared(workspace: Path, *, connect: Callable[..., Any]) -> str:
    """The address of the tracking store; a database in `workspace` is created if needed and updated with the place of its artifacts.

    It is created under another name first, so that an incomplete one is never seen if we are killed. `connect` is MLflow's client.
    Raises TrackingError if nobody listens at the address of a database server.
    """
    _reach(address(workspace))
    database = workspace / DATABASE
    if _is_ours(workspace):
        if not database.exists():
            with replacing_file(database) as temporary:
                connect(tracking_uri=address(workspace, temporary.name)).get_experiment_by_name("Default")
        relocate(database, (workspace / ARTIFACTS))
    return address(workspace)


def _reach(uri: str) -> None:
    """Connects to a database server once, because MLflow tries for 100 seconds without a word."""
    parts = urlsplit(uri)
    port = parts.port or PORTS.get(parts.scheme.partition("+")[0])
    if parts.hostname and port and not parts.scheme.startswith("http"):
        try:
            socket.create_connection((parts.hostname, port), timeout=REACH_S).close()
        except OSError as error:
            raise TrackingError(f"no database server answers at {parts.hostname}:{port} ({error}); check MLFLOW_TRACKING_URI") from None


def _is_ours(workspace: Path) -> bool:
    named = os.environ.get("MLFLOW_TRACKING_URI")
    return not named or (named.startswith("sqlite:///") and workspace / named.removeprefix("sqlite:///") == workspace / DATABASE)


def relocate(database: Path, artifacts: Path) -> None:
    """Points the database of a moved or copied repository to the artifacts in the folder `artifacts`, and puts new ones there.

    MLflow stores absolute addresses. Those of another folder `mlartifacts` are changed, unless somebody chose that folder: then
    it exists, has no database beside it, and this repository has no such folder.
    """
    new = artifacts.as_uri()
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "experiments" not in tables:
            return  # not MLflow's database; MLflow itself reports that
        for (old,) in connection.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall():
            if old == new or not _is_left_behind(old or "", artifacts):
                continue
            for table, column in PLACES:
                if table in tables:
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                        (new, len(old) + 1, old, len(old) + 1, f"{old}/"),
                    )


def _is_left_behind(location: str, artifacts: Path) -> bool:
    """Returns whether a location is in a folder of the same name elsewhere, where this repository's artifacts were before."""
    parts = urlsplit(location)
    path = Path(unquote(parts.path)) if parts.scheme == "file" else Path(location)
    if parts.scheme not in ("", "file") or path.name != artifacts.name or not path.is_absolute():
        return False
    return artifacts.is_dir() or not path.is_dir() or (path.parent / DATABASE).exists()


def experiment_id(client: Any, workspace: Path) -> str:
    """The id of the experiment MLFLOW_EXPERIMENT_NAME (default mien), created if needed. Raises TrackingError if it was deleted."""
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME", "mien")
    found = client.get_experiment_by_name(name)
    if found is not None and found.lifecycle_stage == "deleted":
        restore = f"`mlflow experiments restore --experiment-id {found.experiment_id}`"
        where = f" with MLFLOW_TRACKING_URI=sqlite:///{DATABASE}" if _is_ours(workspace) else ""
        raise TrackingError(
            f"the experiment '{name}' was deleted; restore it ({restore}{where}), or set MLFLOW_EXPERIMENT_NAME to another name"
        )
    if found is not None:
        return str(found.experiment_id)
    local = address(workspace).startswith("sqlite:")  # a server decides itself where its artifacts are stored
    location = (workspace / ARTIFACTS).as_uri() if local else None
    try:
        return str(client.create_experiment(name, artifact_location=location, tags={"mlflow.experimentKind": "custom_model_development"}))
    except Exception:  # another machine has just made it; our lock is for this repository only
        if found := client.get_experiment_by_name(name):
            return str(found.experiment_id)
        raise
