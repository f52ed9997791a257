"""Where MLflow keeps runs and artifacts: by default in the repository, also after its folder was moved, copied or given an odd name."""

import os
import re
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
"""Columns of MLflow's database that hold where artifacts are, as absolute addresses."""


def address(workspace: Path, database: str = DATABASE) -> str:
    """The tracking store: MLFLOW_TRACKING_URI, else a database in `workspace`.

    Of a folder with other characters than letters, digits and _ . - the address is relative: SQLAlchemy cuts a path at `?` and MLflow decodes
    `%20`, whatever is quoted. So whoever connects must be in `workspace`.
    """
    local = str(workspace / database) if re.fullmatch(r"[\w./-]+", str(workspace)) else database
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{local}"


def shown(workspace: Path) -> str:
    """The tracking store for people to read: the whole path of a database in `workspace`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{workspace / DATABASE}"


def prepared(workspace: Path, *, connect: Callable[..., Any]) -> str:
    """The address of the tracking store; a database in `workspace` is made if need be, and knows that its artifacts are there.

    It is made under another name first, so that none is seen half-made, whenever we are killed. `connect` is MLflow's client.
    """
    database = workspace / DATABASE
    if _is_ours(workspace):
        if not database.exists():
            with replacing_file(database) as temporary:
                connect(tracking_uri=address(workspace, temporary.name)).get_experiment_by_name("Default")
        relocate(database, (workspace / ARTIFACTS))
    return address(workspace)


def _is_ours(workspace: Path) -> bool:
    named = os.environ.get("MLFLOW_TRACKING_URI")
    return not named or (named.startswith("sqlite:///") and workspace / named.removeprefix("sqlite:///") == workspace / DATABASE)


def relocate(database: Path, artifacts: Path) -> None:
    """Lets the database of a repository that was moved or copied find its artifacts in the folder `artifacts`, and put new ones there.

    MLflow notes absolute addresses. Those of another folder `mlartifacts` are changed, but not where somebody chose it: then that
    folder is there, no database lies beside it, and this repository has none.
    """
    new = artifacts.as_uri()
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if "experiments" not in tables:
            return  # no database of MLflow's; it will say so itself
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
    """Whether artifacts are said to be in the like-named folder of another place, which is this repository's of before."""
    parts = urlsplit(location)
    path = Path(unquote(parts.path)) if parts.scheme == "file" else Path(location)
    if parts.scheme not in ("", "file") or path.name != artifacts.name or not path.is_absolute():
        return False
    return artifacts.is_dir() or not path.is_dir() or (path.parent / DATABASE).exists()


def experiment_id(client: Any, workspace: Path) -> str:
    """The experiment MLFLOW_EXPERIMENT_NAME, by default mien, made if need be. Raises TrackingError if it was deleted."""
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
    local = address(workspace).startswith("sqlite:")  # a server knows itself where its artifacts go
    location = (workspace / ARTIFACTS).as_uri() if local else None
    return str(client.create_experiment(name, artifact_location=location, tags={"mlflow.experimentKind": "custom_model_development"}))
