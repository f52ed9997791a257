"""dedup on real collections: against the truth table of the campus photographs, and what is known of FER2013."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from mien.core import paths
from mien.core.files import read_json
from mien.store.tables import DUPLICATES, read_table
from stages import convert, dedup, ingest
from tests.least import MODELS

# Different origins by the truth table, yet the same photograph by eye: other crops or watermarks of one stock photograph (seen at full
# size), the first pair even the same size and caption. The file without an origin shows IMG_1414's photograph in a black frame.
SAME_PHOTOGRAPH = {frozenset(("IMG_1048", "IMG_1056")), frozenset(("IMG_1390", "IMG_1401")), frozenset(("IMG_1023", "IMG_1039"))}

Run = Callable[[str], Path]


@pytest.fixture(scope="module")
def run(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    def stages(source: str) -> Path:
        folder = tmp_path_factory.mktemp(Path(source).stem)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            paths.PARAMS.write_text(f"ingest: {{source: {real_data / source}}}\n{MODELS}\n")
            Path("metadata.csv").write_text("path,subject\n")
            Path("votes.csv").write_text("path\n")
            ingest.main()
            convert.main()
            dedup.main()
        return folder

    return stages


@pytest.fixture(scope="module")
def campus(run: Run, real_data: Path) -> pd.DataFrame:
    """A row per stored file: what dedup says (kind, group_id …) and the truth (trouble, origin)."""
    truth = pd.read_csv(real_data / "campus-photos.truth.csv").rename(columns={"kind": "trouble"})
    rows = read_table(run("campus-photos.zip") / paths.DUPLICATES, DUPLICATES)
    return rows.merge(truth[["path", "trouble", "origin"]], on="path", validate="one_to_one")


@pytest.mark.parametrize(
    ("trouble", "kind", "share"),
    [
        ("exact_duplicate", "exact", 1.0),
        ("conflicting_duplicate", "exact", 1.0),
        ("near_duplicate", "near", 0.95),
        ("mirrored_duplicate", "mirrored", 0.95),
    ],
)
def test_campus_duplicates_are_found_as_what_they_are(campus: pd.DataFrame, trouble: str, kind: str, share: float) -> None:
    origin_groups = campus[campus.trouble != trouble].groupby("origin").group_id.agg(set)
    copies = campus[(campus.trouble == trouble) & campus.origin.isin(origin_groups.index)]
    together = [group in origin_groups[origin] for group, origin in zip(copies.group_id, copies.origin, strict=True)]
    assert len(copies) >= 9 and sum(together) >= share * len(copies)
    assert (copies.kind == kind).mean() >= share


def test_campus_different_origins_stay_apart(campus: pd.DataFrame) -> None:
    origins = campus.dropna(subset="origin").groupby("group_id").origin.agg(frozenset)
    assert {group for group in origins if len(group) > 1} <= SAME_PHOTOGRAPH


def test_campus_pairs_of_one_origin_are_one_picture(campus: pd.DataFrame) -> None:
    """Copies are told from other exposures: no two files of one origin are merely of one scene, unless one is broken otherwise."""
    groups = campus.dropna(subset="origin").groupby("origin").agg(groups=("group_id", "nunique"), scenes=("scene_id", "nunique"))
    assert ((groups.groups > 1) & (groups.scenes == 1)).sum() <= 1
    assert (campus.groupby("group_id").scene_id.nunique() == 1).all()


@pytest.mark.slow
def test_fer2013_holds_the_known_duplicates(run: Run) -> None:
    folder = run("fer2013.zip")
    counts = read_json(folder / paths.counts("dedup"))
    assert counts["files"] == 35_887
    assert counts["files"] - read_table(folder / paths.DUPLICATES, DUPLICATES).sample_id.nunique() == 1_853
    assert counts["pairs_by_kind"]["near"] > 1_500
    assert 1_000 < counts["test_files_with_twin_in_train"] < 2_500
    assert counts["largest_group"] < 50


def test_fer2013_mini_crosses_train_and_test(run: Run) -> None:
    counts = read_json(run("fer2013-mini.zip") / paths.counts("dedup"))
    assert counts["files"] == 1_811 and counts["pairs_by_kind"]["near"] >= 30
    assert counts["groups_in_train_and_test"] >= 10 and counts["largest_group"] < 10
