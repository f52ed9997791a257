"""The section `testsets`, and the parameters of a test set."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mien.config import reference
from mien.config.params import document_faults, parse_params
from mien.config.testsets import for_testset
from mien.core.errors import ParamsError

TEXT = (Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8")


def document(entries: Any, **sections: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(TEXT)
    for name, values in sections.items():
        found[name] = {**found[name], **values}
    return {**found, "testsets": entries}


def params(entries: dict[str, Any], **sections: dict[str, Any]) -> Any:
    return parse_params(json.dumps(document(entries, **sections)), name="params.yaml")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"a": {}}, "testsets.a.source: must be given (got {})"),
        ({"a": {"source": ""}}, "testsets.a.source: must not be empty (got '')"),
        ({"a": {"source": "x", "use": "train"}}, "testsets.a.use: must be 'all' or 'test' (got 'train')"),
        ({"a": {"source": "x", "labelx": ""}}, "testsets.a.labelx: must be a known key; did you mean label? (got '')"),
        ({"a": {"source": "x", "subject": "S"}}, "testsets.a.subject: must have a group (?P<subject>...), or be empty (got 'S')"),
        (
            {"a": {"source": "x", "faces": {"margins": 0.1}}},
            "testsets.a.faces.margins: must be a known key; did you mean margin? (got 0.1)",
        ),
        ({"a": {"source": "x", "faces": {"size_px": 8}}}, "testsets.a.faces.size_px: must be greater than or equal to 32 (got 8)"),
        (
            {"a": {"source": "x", "aliases": {"joy": ["glad"]}}},
            "testsets.a.aliases: must name classes of labels.classes: angry, fear, happy, sad, surprise (got ['joy'])",
        ),
        (
            {"a": {"source": "x", "aliases": {"sad": ["mad"]}}},
            "testsets.a.aliases.sad: must not be claimed by two classes, angry and sad (got 'mad')",
        ),
        (
            {"a-b": {"source": "x"}},
            "testsets.a-b: must be a name of letters, digits and _, no digit first, because it becomes a DVC stage (got 'a-b')",
        ),
        ({"a": "x.zip"}, "testsets.a: must be a map (got 'x.zip')"),
        (["x.zip"], "testsets: must be a map (got ['x.zip'])"),
    ],
)
def test_a_fault_is_one_line_with_key_rule_and_value(entries: Any, expected: str) -> None:
    assert document_faults(document(entries)) == [expected]


def test_a_fault_of_another_section_is_reported_once_and_there() -> None:
    faults = document_faults(document({"a": {"source": "x", "faces": {"margin": 0.1}, "aliases": {"sad": ["low"]}}}, faces={"size_px": 8}))
    assert faults == ["faces.size_px: must be greater than or equal to 32 (got 8)"]


def test_a_test_set_has_the_parameters_of_the_main_source_but_for_its_own() -> None:
    entry = {"source": "x.zip", "use": "test", "aliases": {"sad": ["low"]}, "faces": {"detector": "none"}}
    main = params(
        {"a": entry}, labels={"from_votes": "distribution", "on_unknown": "refuse"}, ingest={"max_file_mb": 7, "label": "(?P<label>.)"}
    )
    own = for_testset(main, "a")
    assert own.ingest.source == "x.zip" and own.ingest.label == own.ingest.metadata == own.ingest.votes == ""
    assert own.labels.aliases["sad"] == ("sadness", "unhappy", "low") and own.labels.aliases["fear"] == main.labels.aliases["fear"]
    assert (own.labels.on_unknown, own.labels.from_votes) == ("quarantine", "majority"), "nothing stops at a label, and no image is a guess"
    assert own.faces == main.faces.model_copy(update={"detector": "none"}) and own.split.method == "official"
    same = ("seed", "convert", "dedup", "models", "predict", "runtime")
    assert [getattr(own, name) for name in same] == [getattr(main, name) for name in same]
    assert for_testset(params({"a": {"source": "x"}}, labels={"from_votes": "none"}), "a").labels.from_votes == "none"
    assert for_testset(params({"a": {"source": "x"}}, split={"method": "official"}), "a").split.method == "stratified"


def test_an_unknown_test_set_is_an_error_that_lists_them() -> None:
    with pytest.raises(ParamsError, match="testsets has no 'b'; it has: a"):
        for_testset(params({"a": {"source": "x"}}), "b")


def test_the_reference_explains_the_keys_of_one_test_set() -> None:
    keys = [row[0] for row in reference.rows("testsets.campus.faces")]
    assert keys == ["testsets.NAME.faces"] and {"testsets.NAME.source", "testsets.NAME.use"} <= {
        row[0] for row in reference.rows("testsets")
    }
