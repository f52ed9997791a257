"""A model.json that somebody or something changed: refused in one line, or it still says the same."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from mien.core.errors import MienError, TableError, WeightsError
from mien.core.files import write_json
from mien.models.store import describe_model, load_model, save_model, seed_folder
from mien.models.weights import file_sha256

from .make import make_config, make_model

CONFIG = make_config(attention="se", normalization="half")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(folder, make_model(CONFIG), CONFIG, facts={"fingerprint": "abc"})
    return folder


@pytest.fixture
def folder(saved: Path) -> Any:
    before = {file: file.read_bytes() for file in saved.iterdir()}
    yield saved
    for file, content in before.items():
        file.write_bytes(content)


def refused(folder: Path, kind: type[MienError]) -> str:
    """The error with which it is not loaded: one line that names file and remedy."""
    with pytest.raises(kind) as error:
        load_model(folder)
    line = str(error.value)
    assert "\n" not in line and len(line) < 700 and line.isprintable(), line
    assert str(folder) in line and "dvc repro --force train@tiny" in line
    return line


def change(folder: Path, edit: Callable[[Any], Any]) -> None:
    document = json.loads((folder / "model.json").read_text())
    edit(document)
    (folder / "model.json").write_text(json.dumps(document))


def set_at(*place: str, value: Any) -> Callable[[Any], Any]:
    def edit(document: Any) -> None:
        for key in place[:-1]:
            document = document[key]
        document[place[-1]] = value

    return edit


CONTENTS = {
    "a list": b"[]",
    "a number": b"1",
    "null": b"null",
    "nothing": b"",
    "binary": bytes(range(256)),
    "UTF-16": "{}".encode("utf-16"),
    "nested": b"[" * 100_000,
    "deep": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "escape codes": b'"\x1b[31m\x07',
    "a huge number": b"9" * 10_000,
    "no text": b'{"name": "\xff\xfe"}',
}


@pytest.mark.parametrize("content", CONTENTS)
def test_what_is_no_description_at_all(content: str, folder: Path) -> None:
    (folder / "model.json").write_bytes(CONTENTS[content])
    refused(folder, TableError)


CHANGES = {
    "classes": set_at("classes", value=["sad", "happy", "angry"]),
    "classes is": set_at("config", "classes", value=["sad", "happy", "angry"]),
    "classes: must differ": lambda document: [part.update(classes=["sad", "sad", "angry"]) for part in (document, document["config"])],
    "config.other_seeds": set_at("config", "other_seeds", value=[1]),
    "architecture.head": set_at("architecture", "head", value="linear"),
    "architecture.attention": set_at("config", "attention", value="none"),
    "preprocessing.size_px": set_at("preprocessing", "size_px", value=65),
    "preprocessing.input_range": set_at("preprocessing", "input_range", value=[0.0, 255.0]),
    "preprocessing.colours": set_at("preprocessing", "colours", value="BGR"),
    "preprocessing.std": set_at("preprocessing", "std", value=[0.5, 0.0, 0.5]),
    "another mean": set_at("preprocessing", "mean", value=[0.5, 0.5, 0.4]),
    "precision": set_at("precision", value="bf16"),
    "name": set_at("name", value="other"),
    "weights_sha256": set_at("weights_sha256", value="A" * 64),
    "is not the file": set_at("weights_sha256", value="a" * 64),
    "number of parameters": set_at("architecture", "num_parameters", value=3),
    "NaN is not a number": set_at("training", "loss", value=float("nan")),
    "config.dropout": set_at("config", "dropout", value="0.5"),
    "unknown": set_at("unknown", value=1),
    "can be built": lambda document: [part.update(backbone="no_such_net") for part in (document["architecture"], document["config"])],
}


@pytest.mark.parametrize("fault", CHANGES)
def test_what_contradicts_itself_or_the_weights(fault: str, folder: Path) -> None:
    change(folder, CHANGES[fault])
    assert fault in refused(folder, MienError)


def test_a_key_that_stands_there_twice(folder: Path) -> None:
    text = (folder / "model.json").read_text()
    (folder / "model.json").write_text(text.replace('"classes":', '"classes": ["x", "y", "z"], "classes":', 1))
    assert "'classes' is a duplicate key" in refused(folder, TableError)


def test_a_description_of_a_giant_is_refused_before_memory_is_asked_for(folder: Path) -> None:
    many = [str(number) for number in range(1000)]
    change(folder, lambda document: [part.update(classes=many) for part in (document, document["config"])])
    assert "does not fit the model" in refused(folder, WeightsError)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_though_the_hash_is_theirs(value: float, folder: Path) -> None:
    tensors = load_file(folder / "weights.safetensors")
    name = sorted(name for name, tensor in tensors.items() if tensor.is_floating_point())[3]
    tensors[name].view(-1)[0] = value
    save_file(tensors, folder / "weights.safetensors")
    change(folder, set_at("weights_sha256", value=file_sha256(folder / "weights.safetensors")))
    assert f"{name}, not finite" in refused(folder, WeightsError)


def test_weights_of_another_type_than_single_or_half_precision(folder: Path) -> None:
    tensors = {
        name: tensor.double() if tensor.is_floating_point() else tensor
        for name, tensor in load_file(folder / "weights.safetensors").items()
    }
    save_file(tensors, folder / "weights.safetensors")
    change(folder, set_at("weights_sha256", value=file_sha256(folder / "weights.safetensors")))
    assert "torch.float64, not" in refused(folder, WeightsError)


def places(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, part in inner for place in ((*prefix, key), *places(part, (*prefix, key)))]


def test_whatever_is_changed_it_is_refused_or_answers_as_before(folder: Path) -> None:
    """200 values each replaced or removed, and 100 texts with bytes changed, drawn."""
    rng = random.Random(5)
    before = (folder / "model.json").read_bytes()
    strange = [None, -1, 0, 10**30, 1e308, "", "x", "../..", [], {}, [[]], True, "\x1b[2J", ["happy"], {"a": 1}]
    kept, network = describe_model(folder), load_model(folder)[0].state_dict()
    said: list[str] = []
    for round_ in range(300):
        if round_ < 200:
            document = json.loads(before)
            *above, last = rng.choice(places(document))
            part = document
            for key in above:
                part = part[key]
            if rng.random() < 0.3:
                del part[last]
            else:
                part[last] = rng.choice(strange)
            (folder / "model.json").write_text(json.dumps(document))
        else:
            content = bytearray(before)
            for _ in range(rng.randint(1, 4)):
                content[rng.randrange(len(content))] = rng.randrange(256)
            (folder / "model.json").write_bytes(content[: rng.randint(1, len(content))] if rng.random() < 0.3 else content)
        try:
            loaded, config = load_model(folder)
        except MienError as error:
            said.append(str(error))
            continue
        found = describe_model(folder)
        assert found.classes == kept.classes == config.classes and found.preprocessing == kept.preprocessing
        assert found.architecture == kept.architecture and found.weights_sha256 == kept.weights_sha256
        assert all(torch.equal(network[name], tensor) for name, tensor in loaded.state_dict().items())
    assert 150 < len(said) < 300 and all("\n" not in line and line.isprintable() for line in said)


def test_the_folder_of_another_seed_is_read_by_the_same_schema(tmp_path: Path) -> None:
    save_model(tmp_path / "tiny", make_model(CONFIG), CONFIG, facts={}, other_seeds=[(make_model(CONFIG), CONFIG.of_seed(9), {})])
    place = seed_folder(tmp_path / "tiny", 9)
    assert describe_model(place).config.seed == 9
    write_json(place / "model.json", [])
    assert "seed_9" in refused(place, TableError)
