"""Every expectation can fail: for each, a table tampered with in one row breaks it, and the report names it, the row and a remedy.

Great Expectations does the checking, so this also holds the adapter to what its words promise.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from mien.config.params import Params
from mien.config.sections.labels import LabelParams
from mien.sanitise import official
from mien.sanitise.rules import image_rows, sanitise
from mien.split.fates import fates
from mien.split.scenes import split_scenes
from mien.split.splitting import split_by_method
from mien.split.thinning import thin
from mien.store.tables import FATES
from mien.validate.expectations import Verdict, check
from mien.validate.suites import suites
from tests.random_tables import Tables

ALIASES = {"angry": ("anger",), "fear": ("fears",), "happy": ("happiness",), "surprise": ("suprise",)}
TableSet = dict[str, pd.DataFrame]


@cache
def params_of(method: str, near_copies: str = "drop", **thinning: float) -> Params:
    model = {"backbone": "resnet50", "weights": "none", "attention": "none", "head": "linear", "loss": "cross_entropy"}
    labels = LabelParams(aliases=ALIASES, near_copies=near_copies)  # type: ignore[arg-type]
    return Params.model_validate({"models": {"m": model}, "split": {"method": method, **thinning}}).model_copy(update={"labels": labels})


@cache
def sound(method: str, near_copies: str = "drop", **thinning: float) -> TableSet:
    """Sound tables, as the stages would write them."""
    tables, params = Tables(400, seed=5, num_subjects=60), params_of(method, near_copies, **thinning)
    result = sanitise(
        image_rows(tables.files, tables.rejected, tables.duplicates, tables.sizes, params.labels), params.labels, method=params.split.method
    )
    leaks = official.leaks(result.labels, params.split) if method == "official" else pd.DataFrame(columns=FATES.names)
    rows = result.labels.drop(leaks.index)
    whole = split_scenes(rows, kept=True, split=lambda bound: split_by_method(bound, params)).rows
    thinned = thin(whole, params)
    splits = whole.drop(thinned.index)
    table = fates(tables.files, tables.rejected, splits, [result.removed, leaks, thinned])
    return {"files": tables.files, "labels": result.labels, "splits": splits.reset_index(drop=True), "fates": table}


def verdicts(
    tables: TableSet, method: str, docs: Path, only: str | None = None, near_copies: str = "drop", **thinning: float
) -> list[Verdict]:
    wanted = suites(tables["files"], tables["labels"], tables["splits"], tables["fates"], params_of(method, near_copies, **thinning))
    return check([suite for suite in wanted if only in (None, suite.name)], docs=docs)


def put(table: str, column: str, value: object, row: int = 3) -> Callable[[TableSet], None]:
    """Tampering that writes one value into one row."""

    def tamper(tables: TableSet) -> None:
        tables[table][column] = tables[table][column].astype(object)
        tables[table].loc[tables[table].index[row], column] = value

    return tamper


def copy_value(table: str, column: str) -> Callable[[TableSet], None]:
    """Tampering that gives one row the value of another, in another split if there are splits."""

    def tamper(tables: TableSet) -> None:
        frame = tables[table]
        first, second = (frame.index[frame["split"] == name][0] for name in ("train", "test")) if "split" in frame else frame.index[:2]
        frame.loc[first, column] = frame.loc[second, column]

    return tamper


def copy_within(column: str) -> Callable[[TableSet], None]:
    """Tampering that gives one training image the value of another training image."""

    def tamper(tables: TableSet) -> None:
        first, second = tables["splits"].index[tables["splits"]["split"] == "train"][:2]
        tables["splits"].loc[first, column] = tables["splits"].loc[second, column]

    return tamper


def share_subject(tables: TableSet, one: str = "train", other: str = "val") -> None:
    frame = tables["splits"]
    named = frame[frame["subject"].notna()]
    first, second = (named.index[named["split"] == name][0] for name in (one, other))
    frame.loc[first, "subject"] = frame.loc[second, "subject"]


def share_scene(tables: TableSet, one: str = "train", other: str = "val") -> None:
    frame = tables["splits"]
    first, second = (frame.index[frame["split"] == name][0] for name in (one, other))
    frame.loc[first, "scene_id"] = frame.loc[second, "scene_id"]


def flag_training(table: str) -> Callable[[TableSet], None]:
    def tamper(tables: TableSet) -> None:
        frame = tables[table]
        is_training = frame["split"] == "train" if table == "splits" else frame["subset"] != "test"
        frame.loc[frame.index[is_training][0], "flag"] = "blank"

    return tamper


def flag_oddly(table: str) -> Callable[[TableSet], None]:
    def tamper(tables: TableSet) -> None:
        frame = tables[table]
        is_test = frame["split" if table == "splits" else "subset"] == "test"
        frame.loc[frame.index[is_test][0], "flag"] = "odd"

    return tamper


def empty(table: str) -> Callable[[TableSet], None]:
    return lambda tables: tables.update({table: tables[table].head(0)})


def drop_row(table: str) -> Callable[[TableSet], None]:
    return lambda tables: tables.update({table: tables[table].iloc[1:]})


def unclaim(tables: TableSet) -> None:
    tables["files"].loc[tables["files"].index[3], ["sample_id", "ignored", "error"]] = None


def without_class(tables: TableSet) -> None:
    frame = tables["splits"]
    tables["splits"] = frame[~((frame["split"] == "val") & (frame["label"] == "sad"))]


def lopsided(tables: TableSet) -> None:
    frame = tables["splits"]
    surplus = frame.index[(frame["split"] == "val") & (frame["label"] == "happy")][1:]
    tables["splits"] = frame.drop(surplus)


def paths_of(table: str) -> dict[tuple[str, str], Callable[[TableSet], None]]:
    return {
        (table, "every row names a path"): put(table, "path", None),
        (table, "every path is text"): put(table, "path", 7),
        (table, "no path occurs twice"): copy_value(table, "path"),
    }


ANY_CLASS = "every label is one of angry, fear, happy, sad, surprise"
TAMPERING: dict[tuple[str, str], Callable[[TableSet], None]] = {
    **paths_of("files"),
    ("files", "there is at least one file"): empty("files"),
    ("files", "every sample_id is a SHA-256 in hexadecimal"): put("files", "sample_id", "ABC"),
    ("files", "every subset is train, val, test or missing"): put("files", "subset_raw", "holdout"),
    ("files", "no size is negative"): put("files", "size_bytes", -1),
    ("files", "every file was read, is ignored, or has an error"): unclaim,
    **paths_of("labels"),
    ("labels", "every image has a sample_id"): put("labels", "sample_id", None),
    ("labels", "every sample_id is a SHA-256 in hexadecimal"): put("labels", "sample_id", "0" * 63 + "g"),
    ("labels", "every labelled image is a file that was found, with the same content"): put("labels", "sample_id", "0" * 64),
    ("labels", "every image has a label"): put("labels", "label", None),
    ("labels", ANY_CLASS): put("labels", "label", "Happy"),
    ("labels", "every subset is train, val, test or missing"): put("labels", "subset", "Training"),
    ("labels", "every image belongs to a duplicate group, if only its own"): put("labels", "group_id", None),
    ("labels", "only images of an official test split are flagged"): flag_training("labels"),
    ("labels", "every flag is one of conflict, blank, too_small, duplicate, no_face"): flag_oddly("labels"),
    ("labels", "no duplicate group has two survivors"): copy_value("labels", "group_id"),
    **paths_of("splits"),
    ("splits", "every image has a sample_id"): put("splits", "sample_id", None),
    ("splits", "every image has a label"): put("splits", "label", None),
    ("splits", ANY_CLASS): put("splits", "label", "joy"),
    ("splits", "every image has a split"): put("splits", "split", None),
    ("splits", "every split is train, val or test"): put("splits", "split", "holdout"),
    ("splits", "every image belongs to a duplicate group, if only its own"): put("splits", "group_id", None),
    ("splits", "no content occurs twice in training and validation"): copy_within("sample_id"),
    ("splits", "no picture occurs twice in training and validation"): copy_within("group_id"),
    ("splits", "no content lies in two splits"): copy_value("splits", "sample_id"),
    ("splits", "no duplicate group lies in two splits"): copy_value("splits", "group_id"),
    ("splits", "no scene that is kept together lies in two splits"): share_scene,
    ("splits", "no subject lies in two splits"): share_subject,
    ("splits", "only images of the test split are flagged"): flag_training("splits"),
    ("splits", "every flag is one of conflict, blank, too_small, duplicate, no_face"): flag_oddly("splits"),
    ("class shares", "every split holds every class"): without_class,
    ("class shares", "the share of each class in {compared} lies within 0.05 of its share of all"): lopsided,
    **paths_of("fates"),
    ("fates", "there are as many fates as files"): drop_row("fates"),
    ("fates", "every fate is that of a file that was found"): put("fates", "path", "elsewhere.jpg"),
    ("fates", "every file has a fate"): put("fates", "fate", None),
    ("fates", "every fate is one of kept, duplicate, quarantined, rejected, ignored, leak, dropped class, thinned"): put("fates", "fate",
        "lost"),
    ("fates", "exactly the files that are kept lie in a split"): drop_row("splits"),
    ("fates", "every fate names its stage"): put("fates", "stage", None),
    ("fates", "every fate has a reason"): put("fates", "reason", None),
}  # fmt: skip


def words_of(words: str, method: str) -> str:
    return words.format(compared="train and val" if method == "official" else "every split") if "{" in words else words


ONE_OF_EACH = {"no duplicate group has two survivors", "no picture occurs twice in training and validation"}
CASES = [
    (method, suite, words)
    for method in ("stratified", "official")
    for suite, words in TAMPERING
    if (method, words) != ("official", "no duplicate group has two survivors")
    and (method == "stratified" or suite in ("splits", "labels", "class shares"))
]


@pytest.mark.parametrize("method", ["stratified", "official"])
def test_sound_tables_meet_every_expectation_and_each_is_tampered_with(method: str, tmp_path: Path) -> None:
    found = verdicts(sound(method), method, tmp_path / "docs")
    assert [(verdict.suite, verdict.expectation.words, verdict.observed) for verdict in found if not verdict.holds] == []
    tampered = {(suite, words_of(words, method)) for suite, words in TAMPERING}
    missing = {(verdict.suite, verdict.expectation.words) for verdict in found} - tampered
    assert not missing, f"expectations that no test makes fail: {missing}"
    page = (tmp_path / "docs" / "index.html").read_text(encoding="utf-8")
    assert all(suite in page for suite in ("files", "labels", "splits", "class shares", "fates"))


@pytest.mark.parametrize(("method", "suite", "words"), CASES)
def test_each_expectation_fails_by_name_when_tampered_with(method: str, suite: str, words: str, tmp_path: Path) -> None:
    tables = {name: frame.copy() for name, frame in sound(method).items()}
    TAMPERING[suite, words](tables)
    found = verdicts(tables, method, tmp_path / "docs", only=suite)
    (verdict,) = [verdict for verdict in found if verdict.expectation.words == words_of(words, method)]
    assert not verdict.holds
    assert "could not be checked" not in verdict.observed
    assert "break it" in verdict.observed or "observed" in verdict.observed
    assert verdict.expectation.remedy


@pytest.mark.parametrize("method", ["stratified", "official"])
def test_kept_near_copies_lift_only_that_there_is_one_of_each(method: str, tmp_path: Path) -> None:
    """Everything else is expected as with near_copies: drop, above all that copies lie in one split."""
    tables = sound(method, "keep")
    training = tables["splits"][tables["splits"]["split"] != "test"]
    assert training["group_id"].duplicated().sum() > 10 and training["sample_id"].is_unique
    found = verdicts(tables, method, tmp_path / "docs", near_copies="keep")
    assert [(verdict.suite, verdict.expectation.words, verdict.observed) for verdict in found if not verdict.holds] == []
    strict = verdicts(sound(method), method, tmp_path / "docs")
    expected, all_of_them = ({(verdict.suite, verdict.expectation.words) for verdict in those} for those in (found, strict))
    assert expected < all_of_them and {words for _, words in all_of_them - expected} <= ONE_OF_EACH
    as_dropped = verdicts(tables, method, tmp_path / "docs")
    assert {verdict.expectation.words for verdict in as_dropped if not verdict.holds} == {words for _, words in all_of_them - expected}, (
        "the tables of one setting are refused under the other"
    )


@pytest.mark.parametrize("method", ["stratified", "official"])
@pytest.mark.parametrize(
    "words",
    [
        "no content lies in two splits",
        "no duplicate group lies in two splits",
        "no content occurs twice in training and validation",
        "no scene that is kept together lies in two splits",
    ],
)
def test_kept_near_copies_must_not_be_parted(method: str, words: str, tmp_path: Path) -> None:
    tables = {name: frame.copy() for name, frame in sound(method, "keep").items()}
    TAMPERING["splits", words](tables)
    (verdict,) = [it for it in verdicts(tables, method, tmp_path / "docs", "splits", near_copies="keep") if it.expectation.words == words]
    assert not verdict.holds and "break it" in verdict.observed


def test_the_official_test_split_may_show_scenes_of_the_training_split(tmp_path: Path) -> None:
    tables = {name: frame.copy() for name, frame in sound("official").items()}
    share_scene(tables, "train", "test")
    assert all(verdict.holds for verdict in verdicts(tables, "official", tmp_path / "docs", only="splits"))
    tables = {name: frame.copy() for name, frame in sound("stratified").items()}
    share_scene(tables, "train", "test")
    (verdict,) = [it for it in verdicts(tables, "stratified", tmp_path / "docs", only="splits") if not it.holds]
    assert verdict.expectation.words == "no scene that is kept together lies in two splits"


def test_the_official_test_split_may_show_people_of_the_training_split(tmp_path: Path) -> None:
    tables = {name: frame.copy() for name, frame in sound("official").items()}
    share_subject(tables, "train", "test")
    assert all(verdict.holds for verdict in verdicts(tables, "official", tmp_path / "docs", only="splits"))


def test_the_report_names_the_rows_at_fault(tmp_path: Path) -> None:
    tables = {name: frame.copy() for name, frame in sound("stratified").items()}
    put("splits", "label", "joy")(tables)
    path = tables["splits"]["path"].iloc[3]
    (verdict,) = [it for it in verdicts(tables, "stratified", tmp_path / "docs", only="splits") if not it.holds]
    assert verdict.observed == f"1 of {len(tables['splits'])} rows break it ({path}: label is joy)"


THINNING: list[dict[str, float]] = [{"imbalance_factor": 8.0}, {"max_train": 60}, {"imbalance_factor": 8.0, "max_train": 60}]
AS_ASKED = "each class has as many training images as thinning was asked to leave"
BEFORE_THINNING = "the share of each class in {} lies, before thinning, within 0.05 of its share of all"


def thinned_training_image_more(tables: TableSet) -> None:
    """One image that `split` took out is trained on, and its fate says so: only the number it leaves is wrong."""
    fates, labels = tables["fates"], tables["labels"].set_index("path")
    at = fates.index[fates["fate"] == "thinned"][0]
    fates.loc[at, ["fate", "reason"]] = ["kept", "train"]
    row = labels.loc[[fates.loc[at, "path"]]].reset_index().assign(split="train")
    tables["splits"] = pd.concat([tables["splits"], row[tables["splits"].columns]], ignore_index=True)


def training_image_less(tables: TableSet) -> None:
    splits, fates = tables["splits"], tables["fates"]
    gone = splits.index[splits["split"] == "train"][0]
    fates.loc[fates["path"] == splits.loc[gone, "path"], ["fate", "reason"]] = ["thinned", "imbalance"]
    tables["splits"] = splits.drop(gone)


def without_training_class(tables: TableSet) -> None:
    frame = tables["splits"]
    tables["splits"] = frame[~((frame["split"] == "train") & (frame["label"] == "sad"))]


@pytest.mark.parametrize("thinning", THINNING, ids=str)
@pytest.mark.parametrize("method", ["stratified", "official"])
def test_a_split_thinned_on_purpose_meets_every_expectation(method: str, thinning: dict[str, float], tmp_path: Path) -> None:
    tables = sound(method, **thinning)
    assert (tables["fates"]["fate"] == "thinned").sum() > 30
    found = verdicts(tables, method, tmp_path / "docs", **thinning)
    assert [(verdict.suite, verdict.expectation.words, verdict.observed) for verdict in found if not verdict.holds] == []
    assert {AS_ASKED, BEFORE_THINNING.format(words_of("{compared}", method))} <= {verdict.expectation.words for verdict in found}


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (thinned_training_image_more, AS_ASKED),
        (training_image_less, AS_ASKED),
        (without_training_class, AS_ASKED),
        (without_training_class, "every split holds every class"),
        (without_class, "every split holds every class"),
        (lopsided, BEFORE_THINNING.format("every split")),
    ],
)
def test_thinning_excuses_nothing_else(tamper: Callable[[TableSet], None], words: str, tmp_path: Path) -> None:
    thinning = THINNING[2]
    tables = {name: frame.copy() for name, frame in sound("stratified", **thinning).items()}
    tamper(tables)
    found = verdicts(tables, "stratified", tmp_path / "docs", only="class shares", **thinning)
    (verdict,) = [verdict for verdict in found if verdict.expectation.words == words]
    assert not verdict.holds and "rows break it" in verdict.observed


def test_tables_thinned_otherwise_than_asked_now_are_refused(tmp_path: Path) -> None:
    tables = sound("stratified", imbalance_factor=8.0)
    for asked in ({"imbalance_factor": 9.0}, {"imbalance_factor": 1.0001}, {"max_train": 60}):
        found = verdicts(tables, "stratified", tmp_path / "docs", only="class shares", **asked)
        assert [verdict.expectation.words for verdict in found if not verdict.holds] == [AS_ASKED], asked


@pytest.mark.parametrize("method", ["stratified", "official"])
def test_an_image_without_a_majority_may_be_trained_on_but_tests_nothing(method: str, tmp_path: Path) -> None:
    tables = {name: frame.copy() for name, frame in sound(method).items()}
    labels = tables["labels"]
    labels["flag"] = labels["flag"].astype(object)
    labels.loc[labels.index[labels["subset"] != "test"][0], "flag"] = "no_majority"
    assert all(verdict.holds for verdict in verdicts(tables, method, tmp_path / "docs", only="labels"))
    if method == "official":
        labels.loc[labels.index[labels["subset"] == "test"][0], "flag"] = "no_majority"
        assert not all(verdict.holds for verdict in verdicts(tables, method, tmp_path / "docs", only="labels"))
