"""The metadata of an exported file."""

import json
from pathlib import Path

import onnx
import pytest

from mien.core.errors import ExportError, TableError
from mien.export.metadata import add_metadata, check_replaceable, exported_answer, read_metadata
from mien.predict.engine import Engine
from tests.predict.network import CLASSES, answer, write_network

STRANGE = answer(classes=["счастье", 'a "quoted" one', "c"], licence="Apache-2.0", name="größe")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    network = onnx.load(write_network(tmp_path / "network.onnx", answer()))
    network.metadata_props.add(key="made_on", value="a machine")
    add_metadata(network, STRANGE, precision="fp16")
    onnx.save(network, tmp_path / "network.onnx")
    return tmp_path / "network.onnx"


def test_the_answer_comes_back_as_it_was_with_onnx_and_with_the_engine(file: Path) -> None:
    assert exported_answer(file) == STRANGE
    assert Engine.load(file).answer == STRANGE


def test_readers_in_other_languages_find_plain_keys_and_nothing_of_the_libraries_remains(file: Path) -> None:
    found = read_metadata(file)
    assert set(found) == {
        *("mien", "classes", "size_px", "colours", "crop", "weights_sha256", "licence", "model", "version", "precision", "maps")
    }
    assert json.loads(found["classes"]) == STRANGE.classes and found["size_px"] == "48" and found["colours"] == "RGB"
    assert json.loads(found["crop"])["detector"] == "none" and found["weights_sha256"] == "0" * 64
    assert (found["licence"], found["model"], found["version"], found["precision"]) == ("Apache-2.0", "größe", "0", "fp16")


def test_a_file_of_someone_else_raises_one_line(tmp_path: Path) -> None:
    foreign = write_network(tmp_path / "foreign.onnx")
    with pytest.raises(ExportError, match=r"foreign\.onnx has no metadata of mien, .*; make it with `mien export onnx`") as error:
        exported_answer(foreign)
    assert "\n" not in str(error.value)


def test_metadata_of_another_version_raise_one_line(tmp_path: Path) -> None:
    file = write_network(tmp_path / "old.onnx", answer())
    model = onnx.load(file)
    model.metadata_props[0].value = json.dumps({"name": "m", "classes": CLASSES})
    onnx.save(model, file)
    with pytest.raises(TableError, match=r"old\.onnx was not written by this version of mien .*; export the model again") as error:
        exported_answer(file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"PK\x03\x04 an archive", b"\x0a\xff\xff\xff\xff\x0f", b"", None])
def test_what_is_no_onnx_file_raises_one_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "other.onnx"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ExportError, match=r"other\.onnx (is not an ONNX file|cannot be read|has no metadata of mien)"):
        exported_answer(file)


def test_only_own_files_are_replaced(tmp_path: Path, file: Path) -> None:
    check_replaceable(file)
    check_replaceable(tmp_path / "new.onnx")
    (tmp_path / "notes.onnx").write_text("notes", encoding="utf-8")
    (tmp_path / "folder.onnx").mkdir()
    for name in ("notes.onnx", "folder.onnx"):
        with pytest.raises(ExportError, match=rf"{name} exists and was not written by `mien export onnx`; name a file that does not exist"):
            check_replaceable(tmp_path / name)
    with pytest.raises(ExportError, match=r"--out .*model\.bin: the name of the file must end with \.onnx"):
        check_replaceable(tmp_path / "model.bin")
