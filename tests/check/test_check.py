"""`mien check` says beforehand what the data stages then do, and its commands are such that they can be pasted."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from mien.check.duration import durations, rounded
from mien.check.summary import summary, summary_of_testset
from mien.check.surroundings import surroundings
from mien.config.params import load_params
from mien.config.preset import apply_preset
from mien.core.errors import SourceError
from tests.convert.pictures import saved, smooth

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the committed params.yaml and its tables."""
    for name in ("params.yaml", "metadata.csv", "votes.csv", "corrections.csv"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(names: dict[str, bytes | None]) -> Path:
    """A folder `photos` with these files; None is a photograph of its own."""
    for seed, (name, content) in enumerate(names.items()):
        path = Path("photos") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(saved(smooth(160, 120, seed=seed), "JPEG") if content is None else content)
    return Path("photos")


def checked(**settings: str) -> str:
    for key, value in settings.items():
        apply_preset("", settings=[f"{key.replace('__', '.')}={value}"])
    return summary(load_params(), "photos")


def commands(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("mien preset")]


def settings(command: str) -> list[str]:
    """What a shell would give to `mien preset --set`."""
    words = shlex.split(command)
    assert words[:2] == ["mien", "preset"]
    return [words[index + 1] for index, word in enumerate(words) if word == "--set"]


def test_it_says_what_is_there_and_what_becomes_of_it() -> None:
    put({
        "happy/a.jpg": None, "happy/b.jpg": None, "Sadness/c.jpg": None, "weird/d.jpg": None, "e.jpg": None,
        "happy/.DS_Store": b"x", "notes.txt": b"words", "sad/cut.jpg": saved(smooth(160, 120), "JPEG")[:900],
    })  # fmt: skip
    text = checked()
    lines = {line.split("  ")[0]: line for line in text.splitlines()}
    assert lines["photos: folder, 8 files, " + text.partition("files, ")[2].splitlines()[0]]
    assert "JPEG" in text and "system file" in text and "not an image" in text
    assert lines["happy"].split()[1:] == ["2", "happy"] and lines["Sadness"].split()[1:] == ["1", "sad"]
    assert "unknown label" in lines["weird"] and "no label" in lines["(none)"]
    assert "class fear: no image" in text and "class happy: no image" not in text
    assert "2 of 6 images have no known label" in text
    assert "6 images tried: 1 would be rejected" in text and "sad/cut.jpg: truncated" in text
    assert "data stages: about" in text


def test_close_spellings_become_aliases_and_far_ones_classes_and_both_can_be_pasted() -> None:
    put({"hapy/a.jpg": None, "hapy/b.jpg": None, "happy/h.jpg": None, "contempt/c.jpg": None, 'it\'s 1 "odd"/d.jpg': None})
    for command in commands(checked()):
        if "labels." in command:
            apply_preset("", settings=settings(command))
    known = load_params().labels.spellings
    assert known.class_of("hapy") == "happy" and known.class_of("happiness") == "happy", "the aliases that were there stay"
    assert known.class_of("contempt") == "contempt" and known.class_of('it\'s 1 "odd"') == 'it\'s 1 "odd"'
    assert "unknown label" not in summary(load_params(), "photos")


def test_labels_and_persons_in_file_names_are_found_and_the_commands_make_them_count() -> None:
    put({f"A{sex}{person:02d}{code}S.JPG": None for sex in "FM" for person in (1, 2) for code in ("AF", "AN", "HA", "SA", "SU")})
    text = checked()
    assert "KDEF" in text
    for command in commands(text):
        if "preset --set" in command:
            apply_preset("", settings=settings(command))
    text = summary(load_params(), "photos")
    assert "0 of 20 images have no known label" in text and "subjects: 4 (of 20 images)" in text
    assert "class fear: no image" not in text


def test_a_flat_source_is_told_the_three_ways_to_bring_labels() -> None:
    put({f"{index:03d}x.jpg": None for index in range(3)})
    text = checked()
    assert all(way in text for way in ("folder", "ingest.label", "ingest.metadata"))


def test_a_test_split_of_its_own_is_pointed_out() -> None:
    put({f"{split}/happy/{index}.jpg": None for split in ("train", "test") for index in range(2)})
    assert "mien preset --set split.method=official" in checked()
    assert "split.method=official" not in checked(split__method="official")


def run(command: str) -> None:
    """Does what `mien preset` in the shell would."""
    words = shlex.split(command)
    assert words[:2] == ["mien", "preset"]
    apply_preset(
        words[2] if words[2] != "--set" else "", settings=settings(f"mien preset {shlex.join(words[2 + (words[2] != '--set') :])}")
    )


def test_a_preset_comes_first_and_names_the_source_that_was_looked_at() -> None:
    put({"hapy/a.jpg": None, "contempt/b.jpg": None, **{f"{name}/c.jpg": None for name in ("angry", "happy", "sad")}})
    found = commands(checked())
    assert found[0].startswith("mien preset photos --set ") and 'ingest.source="photos"' in found[0]
    for command in found:
        run(command)
    assert load_params().ingest.source == "photos" and load_params().labels.spellings.class_of("contempt")
    text = summary(load_params(), "photos")
    assert "unknown label" not in text and not commands(text)


def test_the_preset_of_fer2013_is_offered_where_its_classes_splits_and_sizes_are() -> None:
    small = [saved(smooth(48, 48, seed=seed), "PNG") for seed in range(2)]
    seven = ("angry", "disgusted", "fear", "happy", "neutral", "sad", "surprise")
    put({f"{split}/{name}/{split}{name}.png": small[0] for split in ("train", "test") for name in seven if name != "disgusted"})
    assert "mien preset fer2013" not in checked()
    put({f"{split}/disgust/{split}.png": small[1] for split in ("train", "test")})
    (command,) = commands(checked())
    assert command == """mien preset fer2013 --set 'ingest.source="photos"'"""
    run(command)
    text = summary(load_params(), "photos")
    assert "unknown label" not in text and not commands(text)


def test_a_published_set_without_its_labels_is_told_what_it_lacks_unless_folders_name_them() -> None:
    put({f"{split}_0000{number}_aligned.jpg": None for split in ("train", "test") for number in range(1, 8)})
    text = checked()
    assert "EmoLabel/list_patition_label.txt" in text and "ingest.layout" not in text
    shutil.rmtree("photos")
    put({f"{label}/S0{person}_001_0000000{frame}.png": None for label in ("happy", "sad") for person in (10, 11) for frame in (1, 2)})
    text = checked()
    assert "folder Emotion" not in text and "ingest.layout" not in text
    for command in commands(text):
        run(command)
    assert "subjects: 2 (of 8 images)" in summary(load_params(), "photos"), "the person is in the names all the same"


def test_ferplus_is_told_its_preset_with_eight_classes() -> None:
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    lines = [
        f"{usage},fer000000{at}.png,{','.join('8' if at == column else '0' for column in range(10))}"
        for at, usage in enumerate(["Training"] * 9)
    ]
    put({f"FER2013Train/fer000000{at}.png": saved(smooth(48, 48, seed=at), "PNG") for at in range(8)})
    put({"FER2013Test/fer0000008.png": saved(smooth(48, 48, seed=8), "PNG"), "fer2013new.csv": "\n".join([header, *lines]).encode()})
    text = checked()
    (command,) = commands(text)
    assert "fer2013new.csv (FERPlus) gives votes" in text and "no known label" not in text and command.startswith("mien preset fer2013 ")
    run(command)
    known = load_params().labels.spellings
    assert [known.class_of(word) for word in header.split(",")[2:]][:8] == [
        "neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt",
    ]  # fmt: skip
    assert load_params().split.method == "official" and not commands(summary(load_params(), "photos"))


def test_where_folders_name_classes_a_layout_is_only_a_possibility() -> None:
    put({f"{label}/AF{at:02d}{code}S.JPG": None for label, code in (("happy", "HA"), ("sad", "SA")) for at in range(1, 3)})
    text = checked()
    assert "- if these are the original files of KDEF" in text and "2 " in next(line for line in text.splitlines() if line[:5] == "happy")
    assert "no image has a subject" in text, "the advice for any other source is given, too"


def test_ingest_skip_leaves_files_out() -> None:
    put({"happy/a.jpg": None, "thumbs/happy/a.jpg": None})
    text = checked(ingest__skip='"^thumbs/"')
    assert re.search(r"ignored +left out by ingest.skip +1", text) and "0 of 1 images have no known label" in text


def test_git_lfs_pointers_are_told_with_the_remedy() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1234\nsize 1234\n"
    put({f"happy/{index}.jpg": pointer for index in range(3)})
    text = checked()
    assert "3 of the 3 images are Git LFS pointers in place of photographs, so `dvc repro` would stop" in text and "git lfs pull" in text
    assert "happy/0.jpg and 2 more: not an image" in text
    put({"happy/whole.jpg": None})
    assert "3 of the 4 images are Git LFS pointers in place of photographs; run" in checked()


def test_a_source_without_any_image_is_told_as_ingest_tells_it() -> None:
    put({"notes.txt": b"words"})
    assert "no image was found, so `dvc repro` would stop" in checked()


def test_it_changes_nothing_and_refuses_what_ingest_refuses(repository: Path) -> None:
    put({"happy/a.jpg": None})
    before = {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()}
    checked()
    assert {path: path.read_bytes() for path in repository.rglob("*") if path.is_file()} == before
    with pytest.raises(SourceError, match="does not exist"):
        summary(load_params(), "nowhere")


def test_more_images_take_longer_and_more_cores_less() -> None:
    few, many, shared = (
        sum(durations(num, num * 10**5, convert_s=0.01, is_detecting=True, workers=workers).values())
        for num, workers in ((100, 2), (10_000, 2), (10_000, 8))
    )
    assert few < shared < many
    assert [rounded(value) for value in (0.2, 40, 150, 6000)] == ["1 s", "40 s", "2 min", "1.7 h"]


def git(*arguments: str, folder: Path) -> None:
    who = ["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_source_that_git_does_not_know_is_told_until_it_does(repository: Path) -> None:
    put({"happy/a.jpg": None})
    git("init", folder=repository)
    assert "    dvc add photos && git add photos.dvc" in checked().splitlines()
    assert "dvc add" not in summary(load_params(), str(repository / "photos"))
    (repository / "photos.dvc").write_text("outs: []\n")
    assert "    git add photos.dvc" in checked().splitlines() and "dvc add" not in checked()
    git("add", "photos.dvc", folder=repository)
    assert "git add" not in checked()


def test_a_shallow_clone_is_told(repository: Path) -> None:
    git("init", folder=repository)
    for words in ("one", "two"):
        git("commit", "--allow-empty", "-m", words, folder=repository)
    clone = repository / "clone"
    git("clone", "--depth", "1", repository.as_uri(), str(clone), folder=repository)
    told = [[each.command for each in surroundings(root, "data/sample.zip")] for root in (repository, clone)]
    assert told == [[], ["git fetch --unshallow"]]


def test_a_test_set_is_examined_by_its_name_with_its_own_settings() -> None:
    put({"happy/a.jpg": None, "joy/b.jpg": None, "test/awe/c.jpg": None})
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(
        text.replace("testsets: {}", "testsets: {web: {source: photos, aliases: {happy: [joy]}}, no: {source: none}}")
    )
    told = summary_of_testset(load_params(), "web")
    assert "photos: folder, 3 files" in told and "class sad: no image" in told
    assert [line.split() for line in told.splitlines() if line.startswith("joy")] == [["joy", "1", "happy"]]
    assert "awe" in told and "1 of 3 images have no known label" in told
    assert commands(told) == [], "no advice about settings of the main source"
    with pytest.raises(SourceError, match=r"testsets\.no\.source: none does not exist"):
        summary_of_testset(load_params(), "no")
