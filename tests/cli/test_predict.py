"""`mien predict` as a user runs it: what it prints and writes, its exit code, and that it imports no library of training."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from typer.testing import CliRunner

from mien.cli.app import commands
from tests.predict.network import answer, write_network

HEAVY = ("torch", "torchvision", "timm", "lightning", "mlflow", "dvc", "sklearn", "matplotlib", "great_expectations", "captum")
RED, BLUE = (250, 0, 0), (0, 0, 250)


def png(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (60, 60), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_network(tmp_path / "colours.onnx", answer())
    photos = tmp_path / "photos"
    (photos / "more").mkdir(parents=True)
    (photos / "red.jpg").write_bytes(png(RED))
    (photos / "more" / "=blue.png").write_bytes(png(BLUE))
    (photos / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    (photos / "notes.txt").write_text("no photograph")
    return photos


def run(*arguments: str, given: str = "") -> tuple[int, str, str]:
    result = CliRunner().invoke(commands, ["predict", *arguments, "--workers", "1"], input=given)
    if result.exception and not isinstance(result.exception, SystemExit):
        return 2, "", str(result.exception)
    return result.exit_code, result.stdout, result.stderr


def test_a_folder(folder: Path) -> None:
    code, printed, told = run("photos", "--model", "colours.onnx", "--out", "rows.csv")
    assert code == 1, "a file has no answer"
    lines = dict(line.split(": ", 1) for line in printed.splitlines())
    assert lines["red.jpg"] == "happy 78%, sad 11%" and lines["more/=blue.png"] == "angry 78%, happy 11%"
    assert lines["broken.jpg"].startswith("truncated") and "notes.txt" not in lines
    assert "3 files, 1 without an answer; all columns are in rows.csv" in told
    with (folder.parent / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["path"]: row for row in csv.DictReader(file)}
    assert float(rows["red.jpg"]["p_happy"]) == pytest.approx(float(rows["red.jpg"]["confidence"]))
    assert rows["red.jpg"]["unsure"] == "False" and rows["broken.jpg"]["reason"] == "truncated" and not rows["broken.jpg"]["label"]
    assert [path.name for path in folder.parent.iterdir() if "rows" in path.name] == ["rows.csv"]


def test_formats_agree(folder: Path) -> None:
    for suffix in ("csv", "jsonl", "parquet"):
        assert run("photos", "--model", "colours.onnx", "--out", f"rows.{suffix}")[0] == 1
    lines = [json.loads(line) for line in (folder.parent / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    assert pq.read_table(folder.parent / "rows.parquet").to_pylist() == lines
    with (folder.parent / "rows.csv").open(encoding="utf-8", newline="") as file:
        assert [row["label"] for row in csv.DictReader(file)] == [line["label"] or "" for line in lines]


def test_archives_lists_and_single_files(folder: Path) -> None:
    with zipfile.ZipFile("photos.zip", "w") as archive:
        archive.write(folder / "red.jpg", "a/red.jpg")
    assert run("photos.zip", "--model", "colours.onnx")[:2] == (0, "a/red.jpg: happy 78%, sad 11%\n")
    assert run("./photos/red.jpg", "--model", "colours.onnx")[:2] == (0, "./photos/red.jpg: happy 78%, sad 11%\n")
    code, printed, _ = run("-", "--model", "colours.onnx", given="photos/red.jpg\n\nnowhere.jpg\n")
    assert code == 1 and printed.splitlines() == ["photos/red.jpg: happy 78%, sad 11%", "nowhere.jpg: unreadable (no such file)"]
    code, printed, _ = run("photos/notes.txt", "--model", "colours.onnx")
    assert code == 1 and printed.startswith("photos/notes.txt: not_an_image")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nowhere", "--model", "colours.onnx"), "there is no nowhere; name a photograph"),
        (("empty", "--model", "colours.onnx"), "empty holds no image"),
        (("photos", "--model", "other.onnx"), "there is no file other.onnx"),
        (("photos", "--model", "unknown"), "--model unknown: there is no such model"),
        (("photos", "--model", "colours.onnx", "--out", "rows.xls"), "--out rows.xls: the suffix must be one of .csv, .jsonl, .parquet"),
        (("photos", "--model", "colours.onnx", "--min-accuracy", "0.99"), "ask for less"),
        (("-", "--model", "colours.onnx"), "standard input has no path"),
        (("photos", "--model", "colours.onnx", "--explain"), "--explain: the maps are drawn into annotated pictures; name a folder"),
        (
            ("photos", "--model", "old.onnx", "--annotate", "new", "--explain"),
            "old.onnx was written before exported models had class maps; export the model again with `mien export onnx`",
        ),
        (
            ("photos", "--model", "dense.onnx", "--annotate", "new", "--explain"),
            "colours has no class maps, because its head dense is another; `dvc repro explain@colours` draws maps",
        ),
        (("webcam", "--model", "colours.onnx", "--annotate", "new", "--explain"), "--annotate is for files"),
    ],
)
def test_what_a_user_can_mistake_is_told_in_one_line(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    (folder.parent / "empty").mkdir()
    write_network(folder.parent / "old.onnx", answer(), no_maps="")
    write_network(folder.parent / "dense.onnx", answer(), no_maps="its head dense is another")
    code, printed, told = run(*arguments)
    assert code == 2 and words in told and "\n" not in told.strip() and not printed and not (folder.parent / "new").exists()


def test_what_decided_is_drawn_where_the_picture_is_red(folder: Path) -> None:
    image = Image.new("RGB", (240, 240), (0, 0, 60))
    image.paste((255, 0, 0), (0, 0, 120, 240))
    image.save(folder / "red.png")
    for arguments in ((), ("--explain",)):
        assert run("photos/red.png", "--model", "colours.onnx", "--annotate", f"seen{len(arguments)}", *arguments)[0] == 0
    plain, explained = (np.asarray(Image.open(folder.parent / f"seen{number}/red.png")).astype(int)[:240, :240] for number in (0, 1))
    assert (plain[120, 30] == (255, 0, 0)).all() and (plain[120, 210] == (0, 0, 60)).all()
    assert np.ptp(explained[120, 10]) > 100 and np.ptp(explained[120, 230]) == 0, "grey where nothing speaks for happy"


def test_nothing_of_training_is_imported(folder: Path) -> None:
    script = (
        "import sys; from mien.__main__ import main\n"
        f"sys.argv = ['mien', 'predict', {str(folder / 'red.jpg')!r}, '--model', 'colours.onnx', '--out', 'rows.csv', '--annotate', 'new',"
        " '--explain']\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=folder.parent, check=False)
    assert done.returncode == 0 and done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr
