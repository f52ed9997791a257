"""How stages end: signals, limits and defects, at any moment, with and without worker processes."""

import signal
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from mien.core import paths
from mien.core.files import write_json
from tests.convert.pictures import noisy, saved
from tests.least import MODELS
from tests.surroundings import ROOT, leftovers, run, run_stage, tree
from tests.training.tiny import model_config, write_workspace

SIGNALS = {signal.SIGINT: ("Ctrl-C (SIGINT)", 130), signal.SIGTERM: ("SIGTERM", 143)}
NUM_PHOTOGRAPHS = 12


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder after `ingest`, with enough large photographs to keep two workers of `convert` busy for a while."""
    root = tmp_path_factory.mktemp("ingested")
    for number in range(NUM_PHOTOGRAPHS):
        place = root / "source" / "happy" / f"{number}.png"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(saved(noisy(60, 60, seed=number).resize((1800, 1800), Image.Resampling.NEAREST), "PNG"))
    (root / "metadata.csv").write_text("path,subject\n")
    (root / "votes.csv").write_text("path\n")
    (root / "corrections.csv").write_text("sample_id,decision,by,date\n")
    (root / "params.yaml").write_text(f"ingest: {{source: source}}\nruntime: {{workers: 2}}\n{MODELS}\n")
    done = run_stage("ingest", root=root)
    assert done.code == 0, done.err
    return root


def test_a_stage_stopped_while_it_imports_says_so_in_one_line(ingested: Path, tmp_path: Path) -> None:
    """The signal comes out of an import, so that it comes then whatever the machine's speed."""
    (tmp_path / "typer.py").write_text("import os, time\nos.kill(os.getpid(), int(os.environ['SENT']))\ntime.sleep(9)\n")
    before = tree(ingested)
    for signum, (name, code) in SIGNALS.items():
        done = run_stage("convert", root=ingested, environment={"PYTHONPATH": f"{tmp_path}:{ROOT}", "SENT": str(int(signum))})
        assert done.code == code and done.said == [
            f"stopped: convert was ended by {name}; it had not started; run the same command again"
        ], done.err
    assert tree(ingested) == before


@pytest.mark.parametrize(
    ("signum", "group"), [(signal.SIGINT, True), (signal.SIGINT, False), (signal.SIGTERM, True), (signal.SIGTERM, False)]
)
def test_a_stage_stopped_with_workers_at_work(signum: signal.Signals, group: bool, ingested: Path) -> None:
    before = tree(ingested)
    begun, began_s = (lambda: bool(list(ingested.rglob("*.journal")))), time.monotonic()
    done = run_stage("convert", root=ingested, stop=signum, when=begun, after_s=0.05, group=group)
    name, code = SIGNALS[signum]
    assert done.code == code and len(done.said) == 1, done.err
    assert done.said[0].startswith(
        f"stopped: convert was ended by {name}; nothing half-written remains, and the next `dvc repro` continues"
    )
    assert tree(ingested) == before and not leftovers(ingested) and time.monotonic() - began_s < 60


def test_workers_end_with_a_parent_that_is_killed(ingested: Path) -> None:
    begun = lambda: bool(list(ingested.rglob("*.journal")))  # noqa: E731
    done = run_stage("convert", root=ingested, stop=signal.SIGKILL, when=begun, group=False)
    assert done.code == -signal.SIGKILL, "and communicate() came back: no worker holds the pipe"
    assert len(leftovers(ingested)) == 1
    done = run_stage("convert", root=ingested)
    assert done.code == 0 and not leftovers(ingested), done.err
    for name in ("data/images", "metrics/data/convert.json"):
        assert (ingested / name).exists()


def test_a_limit_on_file_sizes_is_one_line_from_the_stage_and_from_its_workers(ingested: Path) -> None:
    kept = tree(ingested)
    for stage, limit, names in (
        ("ingest", 50_000, "data/raw"),
        ("ingest", 4000, "data/raw"),
        ("convert", 30_000, "data/images"),
        ("convert", 1, "data/images"),
    ):
        done = run_stage(stage, root=ingested, max_file_bytes=limit)
        assert done.code == 2 and len(done.said) == 1, done.err  # of 1 byte not even the workers' locks can be had
        assert done.said[0].startswith(f"error: {names}") and "larger than this process may write" in done.said[0]
        assert "nothing half-written remains" in done.said[0] and not leftovers(ingested)
    assert tree(ingested) == kept


@pytest.mark.slow
def test_a_training_under_a_limit_keeps_no_half_checkpoint(tmp_path: Path) -> None:
    write_workspace(tmp_path, model_config(train={"epochs": 1}), num_train=12, num_val=6)
    (tmp_path / "params.yaml").write_text(MODELS.replace("{m:", "{tiny:"))
    done = run_stage("train", "tiny", root=tmp_path, max_file_bytes=200_000)
    error = done.said[-1]
    assert done.code == 2 and "Traceback" not in done.err, done.err
    assert error.startswith("error: ") and ".ckpt could not be written: the file is larger than this process may write" in error
    assert not leftovers(tmp_path) and not list(tmp_path.rglob("*.ckpt")) and not (tmp_path / paths.model("tiny")).exists()


def test_data_docs_that_the_disk_refuses_are_an_error_not_a_page_less(tmp_path: Path) -> None:
    """Great Expectations logs such an error with its traceback and goes on."""
    code = (
        "from pathlib import Path; import pandas as pd; from mien.validate.expectations import check; "
        "from mien.validate.statements import Suite, unique; from mien.core.stage import command\n"
        "def main() -> None:\n"
        "    check([Suite('table', pd.DataFrame({'a': [1]}), ['a'], [unique('differ', 'a')])], docs=Path('docs'))\n"
        "command(main)()"
    )
    done = run([sys.executable, "-c", code], root=tmp_path, max_file_bytes=3000)
    assert done.code == 2 and len(done.said) == 1 and done.said[0].startswith("error: docs could not be written"), done.err
    assert not leftovers(tmp_path) and not (tmp_path / "docs").exists()


def test_the_command_mien_is_stopped_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text(MODELS)
    done = run([sys.executable, "-m", "mien", "models"], root=tmp_path, stop=signal.SIGINT, after_s=0.3)
    assert done.code == 130 and len(done.said) == 1 and done.said[0].startswith("stopped: "), done.err


def test_a_defect_still_shows_where_it_is(tmp_path: Path) -> None:
    """A KeyError, say, is for whoever mends it."""
    (tmp_path / "params.yaml").write_text(MODELS)
    write_json(tmp_path / "broken.json", {})
    code = "from mien.core.stage import command\ndef main() -> None:\n    {}['gone']\ncommand(main)()"
    done = run([sys.executable, "-c", code], root=tmp_path)
    assert done.code == 1 and "KeyError: 'gone'" in done.err
