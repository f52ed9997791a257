"""deploy/compose.yaml: nothing is open to other machines, no secret has a default, and MLflow has the version of the lock."""

import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy/compose.yaml"
COMPOSE = YAML(typ="safe").load(FILE)
services = pytest.mark.parametrize("service", COMPOSE["services"].values(), ids=list(COMPOSE["services"]))


@services
def test_a_service_is_pinned_checked_and_reached_from_this_machine_only(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", service["image"])
    assert service["healthcheck"]["test"][0] == "CMD"
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", ()))
    named = {volume.split(":")[0] for volume in service.get("volumes", ())}
    assert named <= set(COMPOSE["volumes"]), "what a container keeps is in a volume with a name"


def test_secrets_have_no_default_and_the_example_asks_for_each() -> None:
    variables = re.findall(r"\$\{(\w+)(:\?|:-)?", FILE.read_text(encoding="utf-8"))
    secrets = {name for name, rule in variables if rule == ":?"}
    assert {name for name, rule in variables if rule == ":-"} == {"S3_PORT", "MLFLOW_PORT"}
    assert secrets | {"S3_PORT", "MLFLOW_PORT"} == {name for name, _ in variables}
    example = re.findall(r"^(\w+)=(.*)$", (ROOT / "deploy/example.env").read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(example) == dict.fromkeys(secrets, "")


def test_the_server_has_the_version_of_the_lock() -> None:
    locked = re.search(r"^mlflow==(\S+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE)
    assert locked and COMPOSE["services"]["mlflow"]["image"] == f"ghcr.io/mlflow/mlflow:v{locked[1]}-full"
