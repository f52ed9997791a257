"""Laws of corrections: each decision is counted once, holds for the picture it names and for its copies, and an official test split stays
as it is.
"""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mien.config.sections.labels import LabelParams
from mien.core.errors import LabelError, MienError, SourceError
from mien.sanitise.corrections import correct, matched, read_corrections
from mien.sanitise.labels import classify
from mien.sanitise.rules import Sanitised, image_rows, sanitise
from tests.random_tables import Tables, sample_id

PARAMS = LabelParams(aliases={"angry": ("anger",), "fear": ("fears",), "happy": ("happiness",), "surprise": ("suprise",)})
A, B, C = (sample_id(name) for name in "abc")
DECISIONS = (*PARAMS.classes, "keep", "drop")


def table(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "corrections.csv"
    path.write_bytes(text.encode())
    return path


def rows(*files: tuple[str, str, str, str | None]) -> pd.DataFrame:
    """path, sample_id, group_id, label of files of no test split"""
    return pd.DataFrame(files, columns=["path", "sample_id", "group_id", "label"], dtype=object).assign(test=False)


def labels(corrected: pd.DataFrame) -> dict[str, str | None]:
    return dict(zip(corrected["path"], corrected["label"], strict=True))


def test_a_filled_in_review_queue_is_read_as_it_is(tmp_path: Path) -> None:
    text = f'\ufeffrank,sample_id,path,decision\r\n1,{A},"sad/a, b.jpg", Happiness_2\r\n2,{B},x.jpg,\r\n\r\n3,{C.upper()},y.jpg,KEEP\r\n'
    assert read_corrections(table(tmp_path, text), PARAMS) == {A: "happy", C: "keep"}


def test_the_header_alone_decides_nothing(tmp_path: Path) -> None:
    assert read_corrections(table(tmp_path, "sample_id,decision\n"), PARAMS) == {}
    assert read_corrections(Path(__file__).parents[2] / "corrections.csv", PARAMS) == {}


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", SourceError, "must begin with a header"),
        ("sample_id;decision\n", SourceError, "separated by commas"),
        (f"sample_id,label\n{A},sad\n", SourceError, "`decision`"),
        (f"sample_id,decision\n{A},sad,more\n", SourceError, "line 2 has 3 values for 2 columns"),
        (f'sample_id,decision\n{A},"sad\n{B},fear\n', SourceError, "is not valid CSV .*; look for an unmatched quotation mark"),
        (f"sample_id,decision\n\n{A},hapy\n", LabelError, r"line 3: the decision 'hapy' is not one of angry.*closest class: happy"),
        ("sample_id,decision\n1.23457E+11,sad\n", LabelError, "line 2: '1.23457e.11' is not a sample_id"),
        ("sample_id,decision\n,sad\n", LabelError, "line 2: '' is not a sample_id"),
        (f"sample_id,decision\n{A},{'x' * 9000}\n", LabelError, r"the decision 'x{56}\.\.\. is not one"),
        (f"sample_id,decision\n{'y' * 9000},sad\n", LabelError, r"line 2: 'y{56}\.\.\. is not a sample_id"),
        (f"sample_id,decision\n{A[:11]},sad\n", LabelError, "at least the first 12"),
        (f"sample_id,decision\n{A},sad\n{B},sad\n{A},fear\n", LabelError, f"line 4 decides fear for {A}, line 2 decides sad"),
    ],
)
def test_a_faulty_file_is_named_with_line_rule_and_remedy(tmp_path: Path, text: str, error: type[MienError], words: str) -> None:
    with pytest.raises(error, match=rf"labels\.corrections: .*corrections\.csv.*{words}"):
        read_corrections(table(tmp_path, text), PARAMS)


def test_a_missing_file_and_one_in_another_encoding_are_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist; without corrections, make it a file with the one line sample_id,decision"):
        read_corrections(tmp_path / "none.csv", PARAMS)
    (tmp_path / "latin.csv").write_bytes("sample_id,decision,note\n,,über\n".encode("latin-1"))
    with pytest.raises(SourceError, match="UTF-8"):
        read_corrections(tmp_path / "latin.csv", PARAMS)


def test_saying_the_same_twice_is_no_fault(tmp_path: Path) -> None:
    assert read_corrections(table(tmp_path, f"sample_id,decision\n{A},anger\n{A},Angry\n"), PARAMS) == {A: "angry"}


def test_the_beginning_of_a_sample_id_will_do_if_it_is_the_only_one() -> None:
    known = pd.Series(["a" * 64, "b" * 64, "b" * 63 + "c"])
    assert matched({"a" * 12: "sad", "c" * 12: "sad"}, known) == {"a" * 12: "a" * 64}
    with pytest.raises(LabelError, match="several sample_ids"):
        matched({"b" * 12: "sad"}, known)
    with pytest.raises(LabelError, match="the same image"):
        matched({"a" * 12: "sad", "a" * 64: "fear"}, known)


def test_a_decision_holds_for_exact_and_near_copies() -> None:
    files = rows(("1", A, A, "sad"), ("2", A, A, "fear"), ("3", B, A, "sad"), ("4", C, C, "sad"))
    result = correct(files, {A: "happy"})
    assert labels(result.rows) == {"1": "happy", "2": "happy", "3": "happy", "4": "sad"}
    assert result.counts == {"relabelled": 1, "kept": 0, "dropped": 0, "in_test": 0, "unused": 0}
    result = correct(files, {A: "drop"})
    assert labels(result.rows) == {"4": "sad"}
    assert result.removed["detail"].tolist() == ["dropped by labels.corrections"] * 2 + ["copy of 1, which labels.corrections drops"]


def test_a_confirmed_file_speaks_for_its_copies_and_a_confirmed_contradiction_stays_one() -> None:
    files = rows(("1", A, A, "sad"), ("2", B, A, "fear"))
    result = correct(files, {A: "keep"})
    assert labels(result.rows) == {"1": "sad", "2": "sad"} and result.counts["kept"] == 1
    assert labels(correct(files, {A: "keep", B: "keep"}).rows) == {"1": "sad", "2": "fear"}
    assert labels(correct(files, {A: "drop", B: "keep"}).rows) == {"2": "fear"}, "each decision for its own content"
    assert labels(correct(rows(("1", A, A, "sad"), ("2", A, A, "fear")), {A: "keep"}).rows) == {"1": "sad", "2": "fear"}


def test_naming_the_class_a_file_has_is_keeping_it() -> None:
    assert correct(rows(("1", A, A, "sad")), {A: "sad", B: "sad"}).counts == {
        "relabelled": 0, "kept": 1, "dropped": 0, "in_test": 0, "unused": 1,
    }  # fmt: skip


TABLES = st.builds(
    Tables,
    st.integers(20, 90),
    seed=st.integers(0, 10**6),
    copies=st.sampled_from([0.3, 0.7]),
    conflicts=st.just(0.1),
    unknown=st.just(0.1),
    unfit=st.just(0.1),
    test=st.sampled_from([0.3, 0.6]),
)


def run(tables: Tables, method: str, decisions: dict[str, str]) -> tuple[pd.DataFrame, Sanitised]:
    files = image_rows(tables.files, tables.rejected, tables.duplicates, tables.sizes, PARAMS)
    return files, sanitise(files, PARAMS, method=method, decisions=decisions)  # type: ignore[arg-type]


@given(TABLES, st.sampled_from(["stratified", "official"]), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_every_file_is_accounted_for_and_every_decision_counted_once(tables: Tables, method: str, random: object) -> None:
    ids = sorted(set(tables.duplicates["sample_id"]))
    decisions = {name: random.choice(DECISIONS) for name in random.sample(ids, min(len(ids), 15))} | {sample_id("gone"): "sad"}  # type: ignore[attr-defined]
    try:
        files, plain = run(tables, method, {})
    except LabelError:
        return  # a set without test images cannot be official
    _, result = run(tables, method, decisions)
    assert sorted([*result.labels["path"], *result.removed["path"]]) == sorted([*plain.labels["path"], *plain.removed["path"]])
    assert sum(result.corrections.values()) == len(decisions) and sample_id("gone") in result.unused_corrections
    assert not any(plain.corrections.values())

    fit = files[files["unfit"].isna()]
    test = files["subset_raw"].eq("test") & (method == "official")
    untouched = set(files.loc[test, "sample_id"])
    told = result.labels.merge(files[["path", "label_raw"]], on="path")
    for row in told.itertuples():
        decision = decisions.get(row.sample_id)
        if decision in PARAMS.classes and row.sample_id not in untouched:
            assert row.label == decision
    before = files.assign(label=classify(files["label_raw"], PARAMS)).set_index("path")["label"]
    in_test = told[told["subset"].eq("test") & (method == "official")]
    assert (in_test["label"] == in_test["path"].map(before)).all(), "labels of an official test split stay"
    assert set(files.loc[test & before.reindex(files["path"]).notna().to_numpy(), "path"]) <= set(told["path"])
    dropped = result.removed[result.removed["reason"] == "correction"]
    assert (dropped["fate"] == "quarantined").all() and not set(dropped["path"]) & set(files.loc[test, "path"])
    asked = fit[fit["sample_id"].map(decisions).eq("drop") & ~fit["sample_id"].isin(untouched)]
    assert set(asked["path"]) <= set(dropped["path"])


def test_a_relabelled_conflict_is_no_conflict_and_an_unknown_label_becomes_known() -> None:
    tables = Tables(200, seed=3, copies=0.5, conflicts=0.2, unknown=0.1)
    files, plain = run(tables, "stratified", {})
    conflict = plain.removed[plain.removed["reason"] == "conflict"]
    unknown = plain.removed[plain.removed["reason"] == "unknown_label"]
    decisions = dict.fromkeys([*conflict["sample_id"], *unknown["sample_id"]], "sad")
    _, result = run(tables, "stratified", decisions)
    assert len(conflict) and len(unknown) and plain.num_conflicts and not result.num_conflicts and not result.unknown
    assert not set(result.removed["reason"]) & {"conflict", "unknown_label"}
    run_refusing = LabelParams(aliases=PARAMS.aliases, on_unknown="refuse")
    sanitise(files, run_refusing, method="stratified", decisions=decisions)
