"""What files, the source and folders are called in what is shared."""

import re

import pandas as pd
import pytest

from mien.config.configure import configure
from mien.config.model import config_document
from mien.config.params import load_params
from mien.core import paths
from mien.core.files import write_json
from mien.core.naming import file_names, last_part, source_name, without_names
from mien.split.whereabouts import matching
from mien.store.tables import FILES, write_table
from mien.tracking.opening import openings
from tests.random_tables import sample_id

FILES_FOUND = pd.DataFrame(
    {
        "path": ["anna/IMG_1.jpg", "anna/copy of 1.jpg", "ben/IMG_2.jpg", "ben/.DS_Store", "IMG_1.jpg"],
        "sample_id": [sample_id("a"), sample_id("a"), sample_id("b"), None, None],
    }
)


def test_hashed_names_are_of_the_content_and_tell_no_path() -> None:
    called = file_names(FILES_FOUND, "hashed")
    assert called["anna/IMG_1.jpg"] == called["anna/copy of 1.jpg"] == sample_id("a")[:12] and len(set(called.values())) == 4
    assert all(re.fullmatch("[0-9a-f]{12}", name) for name in called.values())
    assert called == file_names(FILES_FOUND.sample(frac=1, random_state=0), "hashed")
    assert file_names(FILES_FOUND, "original") == {path: path for path in FILES_FOUND["path"]}


def test_what_a_file_without_content_is_called_cannot_be_found_by_guessing_its_path() -> None:
    own, other = (file_names(files, "hashed")["ben/.DS_Store"] for files in (FILES_FOUND, FILES_FOUND.drop(index=2)))
    assert own != other, "the same path in another set has another name"


def test_where_resolves_every_hashed_name() -> None:
    fates = FILES_FOUND.assign(**dict.fromkeys(("fate", "stage", "reason", "detail")))
    for path, name in file_names(fates, "hashed").items():
        found = matching(fates, name)["path"].tolist()
        assert path in found and len(found) == (2 if path.startswith("anna") else 1)


def test_paths_within_a_text_are_replaced_where_they_are_words() -> None:
    called = {"a.jpg": "1", "x/a.jpg": "2", "of": "3", "x/a.jpg b": "4"}
    assert without_names("copy of x/a.jpg, which labels.corrections drops", called) == "copy 3 2, which labels.corrections drops"
    assert without_names("same picture as x/a.jpg b", called) == "same picture as 4"
    assert without_names("ends early", called) == "ends early"


def test_the_source_is_a_kind_and_a_digest_of_its_contents() -> None:
    ids = [sample_id("a"), sample_id("b")]
    for source, kind in (
        ("/home/anna/p.zip", "zip archive"),
        ("x/p.tar.gz", "tar archive"),
        ("/data/anna", "folder"),
        ("f.csv", "table of pixels"),
    ):
        name = source_name(source, ids, "hashed")
        assert re.fullmatch(f"{kind} [0-9a-f]{{12}}", name) and name == source_name(
            f"/elsewhere/{source.split('/')[-1]}", ids[::-1], "hashed"
        )
        assert name != source_name(source, ids[:1], "hashed") and source_name(source, (), "hashed") == kind
        assert source_name(source, ids, "original") == source.split("/")[-1]
    assert source_name(str(paths.SAMPLE), ids, "hashed") == "data/sample.zip"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/anna/p", "p"),
        ("~/p", "p"),
        (r"C:\\Users\\anna\\p.csv", "p.csv"),
        ("data/p", "data/p"),
        ("imagenet", "imagenet"),
        ("/", "folder"),
    ],
)
def test_no_folder_of_the_machine_is_told(path: str, shown: str) -> None:
    assert last_part(path) == shown


@pytest.mark.parametrize("names", ["hashed", "original"])
def test_mlflow_is_told_of_no_folder_of_the_machine(tmp_path: object, monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    monkeypatch.chdir(str(tmp_path))
    for name in ("DVC_ROOT", "DVC_EXP_NAME", "DVC_EXP_BASELINE_REV"):
        monkeypatch.delenv(name, raising=False)
    entry = "{backbone: test_resnet, weights: /home/anna/weights, attention: none, head: dense, loss: cross_entropy, input_px: 160}"
    paths.PARAMS.write_text(
        f"ingest: {{source: /home/anna/party.zip, metadata: /home/anna/people.csv}}\nlabels: "
        f"{{classes: [happy, sad], corrections: /home/anna/c.csv}}\n"
        f"report: {{names: {names}}}\nmodels:\n  first: {entry}\n"
    )
    params = load_params()
    write_json(paths.config("first"), config_document(configure(params, "first")))
    write_json(paths.prediction_config("first"), {"tta": "none"})
    write_table(paths.FILES, FILES_FOUND.reindex(columns=FILES.names).astype(object).where(lambda kept: ~kept.isna(), None), FILES)
    for told in openings(params, (None, "first"), stage="train"):
        assert "/home" not in str(told)
        assert ("party" in str(told)) == (names == "original")
    assert told.params["weights"] == "folder" and told.dataset["name"] == source_name(
        params.ingest.source, FILES_FOUND["sample_id"].dropna(), params.report.names
    )
