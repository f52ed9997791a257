"""Folders as people have them, under the commands of DVC: no file of the source ends a run before a stage has seen it."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from tests.convert.pictures import saved, smooth
from tests.pipeline.conftest import Workspace, copy_repository, make_small


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A repository with data/incoming, two classes of two photographs, tracked by `dvc add` through links into DVC's cache."""
    workspace = copy_repository(tmp_path_factory.mktemp("source"))
    workspace.change(make_small)
    workspace.change(lambda document: document["ingest"].update(source="data/incoming"))
    workspace.run("dvc", "config", "cache.type", "symlink")
    for index, name in enumerate(("happy/a", "happy/b", "sad/a", "sad/b")):
        path = workspace.root / "data/incoming" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(saved(smooth(seed=index), "PNG"))
    workspace.run("dvc", "add", "-q", "data/incoming")
    workspace.commit("a source")
    return workspace


def notes(root: Path) -> dict[str, str | None]:
    files = pd.read_parquet(root / "data/raw/files.parquet").astype(object)
    return {row["path"]: row["ignored"] or row["error"] for row in files.where(files.notna(), None).to_dict("records")}


PHOTOGRAPHS = dict.fromkeys(("happy/a.png", "happy/b.png", "sad/a.png", "sad/b.png"))


@pytest.mark.slow
def test_links_into_dvcs_cache_are_photographs_also_in_a_copy_that_lacks_them(place: Workspace) -> None:
    assert (place.root / "data/incoming/happy/a.png").is_symlink()
    place.run("dvc", "repro", "ingest")
    assert notes(place.root) == PHOTOGRAPHS
    place.commit("first run")
    shutil.rmtree(place.root / "data/incoming")
    output = place.run("dvc", "exp", "run", "--temp", "-n", "copied", "-S", "convert.max_side_px=64", "convert")
    assert "inventory: 4 files in data/incoming" in output and place.stages_run(output) == {"convert"}
    assert "copied" in place.run("dvc", "exp", "list")
    place.run("dvc", "checkout", "-q", "data/incoming.dvc")


@pytest.mark.slow
def test_what_dvc_could_not_read_becomes_a_row(place: Workspace, tmp_path: Path) -> None:
    source = tmp_path / "messy"
    shutil.copytree(place.root / "data/incoming", source)  # follows the links
    (source / "sad" / os.fsdecode(b"caf\xe9.png")).write_bytes(saved(smooth(seed=9), "PNG"))
    (source / "sad" / "gone.png").symlink_to("nowhere.png")
    os.mkfifo(source / "sad" / "pipe.png")
    (source / "again").symlink_to(".")
    place.change(lambda document: document["ingest"].update(source=str(source)))
    place.run("dvc", "repro", "ingest")
    found = {"again": "link in a circle", "sad/caf\\xe9.png": None, "sad/gone.png": "broken link", "sad/pipe.png": "not a regular file"}
    assert notes(place.root) == PHOTOGRAPHS | found
    assert place.stages_run(place.run("dvc", "repro", "ingest")) == set()
    (source / "sad" / "gone.png").unlink()
    assert place.stages_run(place.run("dvc", "repro", "ingest")) == {"ingest"}
    place.run("git", "checkout", "-q", ".")


def test_a_missing_source_is_named_in_the_projects_own_words(place: Workspace) -> None:
    place.change(lambda document: document["ingest"].update(source="~/no such photos"))
    output = place.run("dvc", "repro", "ingest", code=255)
    assert "error: ingest.source: " in output and "no such photos does not exist" in output and "Errno" not in output
    place.run("git", "checkout", "-q", ".")


@pytest.mark.slow
def test_a_store_of_256_shards_is_converted_again_for_other_contents_only(place: Workspace) -> None:
    shards = place.root / "mien/store/shards.py"
    shards.write_text(shards.read_text().replace("MOST_BYTES = 256 * 2**20", "MOST_BYTES = 2**10"))
    place.run("dvc", "repro", "convert")
    assert len(list((place.root / "data/images").glob("?.parquet/??.parquet"))) == 256
    (place.root / "data/incoming/sad/a.png").rename(place.root / "data/incoming/happy/c.png")
    assert place.stages_run(place.run("dvc", "repro", "convert")) == {"ingest"}
    (place.root / "data/incoming/happy/d.png").write_bytes(saved(smooth(seed=20), "PNG"))
    assert place.stages_run(place.run("dvc", "repro", "convert")) == {"ingest", "convert"}
    place.run("git", "checkout", "-q", ".")
    place.run("dvc", "checkout", "-q", "-f", "data/incoming.dvc")
