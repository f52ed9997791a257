"""Presets change what they name and nothing else: no comment, no order, no layout; and each can be undone by another."""

import difflib
import itertools
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from mien.config import preset
from mien.config.configure import configure
from mien.config.params import load_params
from mien.core.errors import ParamsError

ROOT = Path(__file__).parents[2]
COMMITTED = (ROOT / "params.yaml").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "params.yaml"
    path.write_text(COMMITTED, encoding="utf-8")
    return path


def plain(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def test_sample_is_what_is_committed(file: Path) -> None:
    assert preset.apply_preset("sample", path=file) == []
    assert file.read_text(encoding="utf-8") == COMMITTED


# The preset clips takes models out, which no other preset brings back.
OTHERS = tuple(name for name in preset.names() if name not in ("sample", "clips"))


@pytest.mark.parametrize("names", [*itertools.permutations(OTHERS, 2), OTHERS, OTHERS[::-1]])
def test_sample_undoes_the_others_to_the_byte(file: Path, names: tuple[str, ...]) -> None:
    for name in names:
        assert preset.apply_preset(name, path=file)
    preset.apply_preset("sample", path=file)
    assert file.read_text(encoding="utf-8") == COMMITTED


def test_sample_undoes_clips_but_for_the_models_that_it_took_out(file: Path) -> None:
    assert preset.apply_preset("clips", path=file)
    params = load_params(file)
    assert params.sample.clips and params.ingest.metadata == "data/sample_metadata.csv"
    assert {entry.model for entry in params.temporal.values()} == set(params.models)
    preset.apply_preset("sample", path=file)
    now, committed = plain(file), YAML(typ="safe", pure=True).load(COMMITTED)
    taken = {"models": None, "robustness": None}  # and the models that robustness named
    assert {**now, **taken} == {**committed, **taken} and now["robustness"] == {**committed["robustness"], "models": []}
    assert now["models"].items() <= committed["models"].items()


SETTINGS = [name for name in OTHERS if name != "all"] + ["sample"]  # all adds models and leaves the rest as it is


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each preset makes of the committed file."""
    path, made = tmp_path_factory.mktemp("alone") / "params.yaml", {}
    for name in SETTINGS:
        path.write_text(COMMITTED, encoding="utf-8")
        preset.apply_preset(name, path=path)
        made[name] = plain(path)
    return made


@pytest.mark.parametrize(("first", "second"), [(first, second) for first in [*OTHERS, "sample"] for second in SETTINGS if first != second])
def test_what_was_there_before_does_not_matter(file: Path, alone: dict[str, Any], first: str, second: str) -> None:
    preset.apply_preset(first, path=file)
    preset.apply_preset(second, path=file)
    after, expected = plain(file), alone[second]
    if first == "all":  # its models stay, unless the second is sample
        after["models"] = {name: entry for name, entry in after["models"].items() if name in expected["models"]}
    assert after == expected
    assert preset.apply_preset(second, path=file) == []


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "sample"])
def test_the_diff_is_as_small_as_the_changes(file: Path, name: str) -> None:
    changes = preset.apply_preset(name, path=file)
    load_params(file)
    now = file.read_text(encoding="utf-8")
    differing = [line for line in difflib.ndiff(COMMITTED.splitlines(), now.splitlines()) if line[0] in "+-"]
    changed_lines = {".".join(change.key.split(".")[:2]) if ".models" in change.key else change.key for change in changes}
    assert len(differing) <= 2 * len(changed_lines)
    comments = [line.partition("#")[2] for line in COMMITTED.splitlines() if "#" in line]
    assert [line.partition("#")[2] for line in now.splitlines() if "#" in line] == comments
    columns = [line.index("#") for line in now.splitlines() if " # " in line and len(line.split(" # ")[0].rstrip()) < 32]
    assert set(columns) == {32}


@pytest.mark.parametrize("before", SETTINGS)
def test_all_adds_models_and_changes_nothing_but_models(file: Path, before: str) -> None:
    preset.apply_preset(before, path=file)
    old = plain(file)
    preset.apply_preset("all", path=file)
    new = plain(file)
    assert new["models"].keys() > old["models"].keys() and len(new["models"]) == 28
    assert {key: value for key, value in new.items() if key != "models"} == {key: value for key, value in old.items() if key != "models"}
    assert preset.apply_preset("all", path=file) == []


@pytest.mark.parametrize(
    ("backbone", "methods"),
    [
        ("resnet18", {"cross_entropy", "class_balanced", "scn", "bbn", "mean_teacher_selected", "rul", "eac", "mek", "rebalanced"}),
        ("resnet50", {"cross_entropy", "rebalanced"}),
        ("mobilenetv1_100", {"cross_entropy", "rebalanced"}),
        ("swin_tiny_patch4_window7_224", {"cross_entropy", "rebalanced", "rebalanced, no RBC", "rebalanced, no RBF"}),
    ],
)
def test_all_has_the_rows_of_tables_1_to_3_of_zhu(file: Path, backbone: str, methods: set[str]) -> None:
    """Tables 1 (nine methods, ResNet-18), 2 (four backbones with and without RBC and RBF) and 3 (each alone, Swin-T)."""
    preset.apply_preset("all", path=file)
    params = load_params(file)
    found = set()
    for name, entry in params.models.items():
        if entry.backbone == backbone and name != "resnet50":  # which is a baseline of another paper
            loss = configure(params, name).loss
            off = [term.upper() for term in ("rbc", "rbf") if loss.get(f"{term}_weight", 1) == 0]
            found.add(", no ".join([entry.loss, *off]))
            assert entry.loss != "cross_entropy" or loss["class_weights"] == "none"
    assert found == methods


GEOMETRY = {"rotation_deg", "shift", "zoom", "flip"}
SPATIAL = {"rotation_deg", "zoom", "crop", "flip", "mixup"}
PAPERS = {  # batch size, optimiser, learning rate, schedule, and the augmentations that the paper names
    "efficientnet_b0_se": (16, "adamw", 1e-4, "none", set()),
    "efficientnet_b0_(spatial|pointwise|multi_scale)": (32, "adam", 1e-4, "none", SPATIAL),
    "cnn": (32, "adam", 1e-4, "none", set()),
    "class_balanced|eac|mek|scn|rul|bbn|mean_teacher_selected": (
        32,
        "adam",
        1e-4,
        "exponential",
        {"erase", "brightness", "contrast", "saturation"},
    ),
    "efficientnet_b7": (20, "adamax", 1e-3, "none", {"flip"}),
    ".*_(rebalanced|plain)|swin_t_rb[cf]": (32, "adam", 1e-4, "exponential", {"erase", "brightness", "contrast", "saturation"}),
    "resnet50|inception_v3|mobilenetv2|densenet121|efficientnet_b1": (32, "adam", 1e-3, "plateau", GEOMETRY),
}
BASELINES = ("resnet50", "inception_v3", "mobilenetv2", "densenet121", "efficientnet_b1")
SWITCHES = {*GEOMETRY, *SPATIAL, "erase", "brightness", "contrast", "saturation", "hue_deg", "rand_augment", "cutmix"}


def test_fer2013_papers_has_the_papers_sizes_optimisers_and_augmentations(file: Path) -> None:
    for name in ("all", "fer2013_papers"):
        preset.apply_preset(name, path=file)
    params = load_params(file)
    for model in params.models:
        config = configure(params, model)
        (expected,) = (each for pattern, each in PAPERS.items() if re.fullmatch(pattern, model))
        on = {name for name in SWITCHES if getattr(config.augment, name)}
        assert (config.train.batch_size, config.train.optimizer, config.train.lr, config.train.schedule, on) == expected, model
        assert config.input_px == 224 and config.weights == ("none" if model == "cnn" else "imagenet")
    epochs = {model: configure(params, model).train.epochs for model in params.models}
    assert {epochs[model] for model in epochs if model.endswith(("_rebalanced", "_plain"))} == {60}
    early = {model for model in params.models if configure(params, model).train.patience < epochs[model]}
    assert early == {*BASELINES, "cnn", *(model for model in params.models if model.startswith("efficientnet_b0"))}  # as their papers say
    assert (epochs["efficientnet_b0_pointwise"], epochs["cnn"], epochs["efficientnet_b7"]) == (50, 50, 10)


def test_fer2013_is_smaller_than_the_papers_and_says_so(file: Path) -> None:
    for name in ("all", "fer2013"):
        preset.apply_preset(name, path=file)
    assert max(entry.input_px for entry in load_params(file).models.values()) == 144
    assert "small" in preset.description("fer2013") and "fer2013_papers" in preset.description("fer2013")


def test_changes_tell_the_key_the_old_and_the_new_value(file: Path) -> None:
    said = {str(change) for change in preset.apply_preset("fer2013", path=file)}
    assert "split.method: stratified → official" in said
    assert "labels.classes: [angry, fear, happy, sad, surprise] → [angry, disgust, fear, happy, neutral, sad, surprise]" in said
    assert "labels.aliases.disgust: (none) → [disgusted]" in said
    assert "models.resnet50.weights: none → imagenet" in said


def test_a_change_is_told_in_one_line_without_the_comments_of_its_value(file: Path, tmp_path: Path) -> None:
    (tmp_path / "patch.yaml").write_text(
        "models:\n  extra:  # why\n    backbone: cnn  # small\n    loss_params: {}\n    train: {epochs: 2}  # few\n    head: dense\n"
        "    weights: none\n    attention: none\n    loss: focal\n"
    )
    (change,) = [str(change) for change in preset.apply_preset(str(tmp_path / "patch.yaml"), path=file) if "extra" in str(change)]
    rest = "head: dense, weights: none, attention: none, loss: focal"
    assert change == f"models.extra: (none) → {{backbone: cnn, loss_params: {{}}, train: {{epochs: 2}}, {rest}}}"


def test_a_pattern_stands_for_every_model_there_is(file: Path) -> None:
    file.write_text(COMMITTED.replace("  densenet121:", "  my_own:"), encoding="utf-8")
    preset.apply_preset("photos", path=file)
    models = load_params(file).models
    assert {entry.weights for entry in models.values()} == {"imagenet"}
    assert "my_own" in models and "densenet121" not in models


def test_a_model_that_was_taken_out_does_not_come_back(file: Path) -> None:
    kept = re.sub(r"^  efficientnet_b1:\n(    .*\n)+", "", COMMITTED, flags=re.MULTILINE)
    assert kept != COMMITTED
    file.write_text(kept, encoding="utf-8")
    preset.apply_preset("photos", path=file)
    assert "efficientnet_b1" not in load_params(file).models


def test_an_invalid_result_leaves_the_file_as_it_was(file: Path) -> None:
    broken = COMMITTED.replace("    angry: [anger,", "    contempt: [scorn]\n    angry: [anger,")
    file.write_text(broken, encoding="utf-8")
    with pytest.raises(ParamsError, match=r"with the preset fer2013 has 1 fault.*\n.*labels\.aliases: must name classes"):
        preset.apply_preset("fer2013", path=file)
    assert file.read_text(encoding="utf-8") == broken
    assert [path.name for path in file.parent.iterdir()] == ["params.yaml"]


def test_what_cannot_be_merged_is_refused(file: Path) -> None:
    with pytest.raises(ParamsError, match=f"no preset 'photo'; choose one of: {', '.join(preset.names())}; or give the path"):
        preset.apply_preset("photo", path=file)
    for text, message in (("seed: [", "must be readable YAML: line"), ("- 1\n", "must be a map")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(ParamsError, match=message):
            preset.apply_preset("photos", path=file)
        assert file.read_text(encoding="utf-8") == text
    file.write_bytes(b"\xff")
    with pytest.raises(ParamsError, match="cannot be read"):
        preset.apply_preset("photos", path=file)
    with pytest.raises(ParamsError, match="is missing"):
        preset.apply_preset("photos", path=file.parent / "nix.yaml")


def test_every_preset_says_what_it_is() -> None:
    for name in preset.names():
        assert len(preset.description(name)) > 20, name
    assert {"sample", "photos", "fer2013"} <= set(preset.names())


def test_settings_change_what_they_name_after_the_preset(file: Path) -> None:
    changes = preset.apply_preset("photos", settings=["models.*.weights=/folder", "train.lr=3e-4", "loss.gamma=3"], path=file)
    params = load_params(file)
    assert {entry.weights for entry in params.models.values()} == {"/folder"}
    assert (params.train.lr, params.loss["gamma"], params.faces.detector) == (3e-4, 3.0, "mtcnn")
    assert "models.resnet50.weights: none → /folder" in {str(change) for change in changes}
    assert "    lr: 3e-4" not in file.read_text(encoding="utf-8") and "  lr: 3e-4\n" in file.read_text(encoding="utf-8")


def test_settings_alone_keep_comments_and_order_and_null_takes_out(file: Path) -> None:
    preset.apply_preset("", settings=["models.*.dropout=0.25", "models.*.augment={mixup: 0.2}", "models.efficientnet_b1=null"], path=file)
    params = load_params(file)
    assert "efficientnet_b1" not in params.models
    assert {(entry.dropout, entry.augment["mixup"]) for entry in params.models.values()} == {(0.25, 0.2)}
    text = file.read_text(encoding="utf-8")
    assert "&" not in text.replace("&&", "") and "*id" not in text  # no YAML aliases
    comments = [line.partition("#")[2] for line in COMMITTED.splitlines() if "#" in line]
    assert [line.partition("#")[2] for line in text.splitlines() if "#" in line] == comments
    preset.apply_preset("", settings=["models.resnet50.train=null"], path=file)
    assert load_params(file).models["resnet50"].train == {}


@pytest.mark.parametrize(
    "pattern",
    [
        r"(?P<subject>S\d+)_\d+_\d+\.png$",
        r"(?P<subject>[A-Z]{2})\.[A-Z]{2}\d",
        r"[A-Z]: (?P<subject>[^#]+) #x",
        r"(?:^|/)(?P<subject>P\d+)\\?",
    ],
)
def test_a_regular_expression_in_single_quotes_arrives_as_it_is(file: Path, pattern: str) -> None:
    preset.apply_preset("", settings=[f"ingest.subject='{pattern}'"], path=file)
    assert load_params(file).ingest.subject == pattern
    preset.apply_preset("", settings=["ingest.subject=''"], path=file)
    assert file.read_text(encoding="utf-8") == COMMITTED


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("gamma", "--set must be KEY=VALUE"),
        ("loss.gamma=", "null removes a key"),
        (".gamma=3", "--set must be KEY=VALUE"),
        ("ingest.subject=[A-Z](?P<subject>S)", r"--set ingest.subject: .* needs single quotes of its own, \"ingest.subject='...'\" \(got"),
        (r'ingest.subject="(?P<subject>\d)"', "--set ingest.subject: the value must be readable YAML: .*unknown escape character 'd'"),
        ("loss.gamma=[", "--set loss.gamma: the value must be readable YAML"),
        ("loss.gama=3", r"params.yaml with --set seed=7 and --set loss.gama=3 has 1 fault(.|\n)*did you mean gamma"),
        ("loss.gamma=-1", r"loss.gamma: must be greater than or equal to 0"),
        ("models.resnet5.dropout=0.1", "--set models.resnet5: must be a model of params.yaml; did you mean resnet50"),
        ("models.vgg*.dropout=0.1", r"--set models.vgg\*: must match a key there; there are: resnet50, "),
    ],
)
def test_a_wrong_setting_is_named_and_changes_nothing(file: Path, setting: str, message: str) -> None:
    with pytest.raises(ParamsError, match=message):
        preset.apply_preset("", settings=["seed=7", setting], path=file)
    assert file.read_text(encoding="utf-8") == COMMITTED


def test_a_map_may_be_emptied(file: Path) -> None:
    preset.apply_preset("", settings=["labels.aliases.*=null"], path=file)
    assert load_params(file).labels.aliases == {}
    (line,) = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("  aliases:")]
    assert line.startswith("  aliases: {} ") and line.index("#") == 32
    with pytest.raises(ParamsError, match="models: must have at least one entry"):
        preset.apply_preset("", settings=["models.*=null"], path=file)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            "ensembles=null",
            r"ensembles: must stay in params\.yaml, .*; `mien preset --set 'ensembles=\{\}'` empties it",
        ),
        ("seed=null", r"seed: must stay in params\.yaml, because dvc\.yaml reads it$"),
        ("ingest.votes=null", r"ingest\.votes: must stay in params\.yaml, because dvc\.yaml reads it; give it a value"),
    ],
)
def test_what_dvc_reads_cannot_be_taken_out(file: Path, setting: str, message: str) -> None:
    before = file.read_bytes()
    with pytest.raises(ParamsError, match=message):
        preset.apply_preset("", settings=[setting], path=file)
    assert file.read_bytes() == before


def test_the_keys_that_dvc_reads_are_those_of_dvc_yaml() -> None:
    read = set(re.findall(r"\$\{([^}]+)\}", (ROOT / "dvc.yaml").read_text(encoding="utf-8")))
    assert {".".join(keys) for keys in preset.READ_BY_DVC} == {name for name in read if "." in name and not name.startswith("item.")}


def test_an_empty_map_in_a_setting_empties_the_map_and_one_with_keys_merges(file: Path) -> None:
    before = load_params(file).labels.aliases
    preset.apply_preset("", settings=["labels.aliases={sad: [low]}"], path=file)
    assert load_params(file).labels.aliases == {**before, "sad": ("low",)}
    preset.apply_preset("", settings=["labels.aliases={}", "labels.aliases={sad: [blue]}"], path=file)
    assert load_params(file).labels.aliases == {"sad": ("blue",)}
    preset.apply_preset("", settings=["labels.aliases={}"], path=file)
    assert load_params(file).labels.aliases == {}
    (line,) = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("  aliases:")]
    assert line.startswith("  aliases: {} ") and line.index("#") == 32
    assert preset.apply_preset("", settings=["labels.aliases={}"], path=file) == []


def test_a_preset_file_replaces_a_map_by_taking_out_all_its_keys_first(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("labels: {aliases: {}}\n", encoding="utf-8")
    assert preset.apply_preset(str(own), path=file) == [], "an empty map changes nothing, as in RFC 7396"
    own.write_text("labels:\n  aliases: {'*': null, sad: [low]}\n", encoding="utf-8")
    preset.apply_preset(str(own), path=file)
    assert load_params(file).labels.aliases == {"sad": ("low",)}


def test_the_error_about_aliases_of_no_class_names_the_way_to_clear_them(file: Path) -> None:
    with pytest.raises(ParamsError, match=r"--set labels\.aliases\.angry=null` takes one out, --set 'labels\.aliases=\{\}' all"):
        preset.apply_preset("", settings=["labels.classes=[happy, sad]"], path=file)
    preset.apply_preset("", settings=["labels.classes=[happy, sad]", "labels.aliases={}"], path=file)
    assert load_params(file).labels.classes == ("happy", "sad")


def test_null_takes_nothing_out_of_a_map_that_is_not_there(file: Path) -> None:
    assert preset.apply_preset("", settings=["models.*.loss_params.gamma=null"], path=file) == []
    (change,) = preset.apply_preset("", settings=["models.mobilenetv2.loss_params={gamma: null, class_weights: none}"], path=file)
    assert str(change) == "models.mobilenetv2.loss_params: (none) → {class_weights: none}"


def test_what_several_patches_do_to_a_key_is_one_change(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "models:\n  '*': {dropout: 0.25}\n  resnet50: null\n  a: {backbone: resnet18, attention: none, loss: focal}\n  a*: {weights: none, "
        "head: linear}\n",
        encoding="utf-8",
    )
    changes = {change.key: str(change) for change in preset.apply_preset(str(own), settings=["models.a.dropout=0.5", "seed=42"], path=file)}
    assert (
        changes["models.a"]
        == "models.a: (none) → {backbone: resnet18, attention: none, loss: focal, weights: none, head: linear, dropout: 0.5}"
    )
    assert "dropout: 0.53" in changes["models.resnet50"]
    assert not [key for key in changes if key.startswith(("models.a.", "models.resnet50.", "seed"))]


@pytest.mark.parametrize("text", ["1: 2\n", "models: {1: {backbone: resnet18}}\n", "labels: {aliases: {1: [x]}}\n"])
def test_a_key_that_is_no_text_is_a_fault(file: Path, tmp_path: Path, text: str) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError, match=r"1: must be a name in text; write it in quotes \(got 1\)"):
        preset.apply_preset(str(own), path=file)
    assert file.read_text(encoding="utf-8") == COMMITTED


def test_a_study_is_no_preset() -> None:
    with pytest.raises(ParamsError, match=r"losses\.yaml is a study, not a preset; `mien study losses` queues its runs"):
        preset.load_preset(str(ROOT / "experiments" / "losses.yaml"))


def test_a_preset_may_be_any_file(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "# Two rows of one backbone.\nexports: {'*': null}\nrobustness: {models: []}\n"
        "models:\n  '*': null\n  a: &a {backbone: resnet18, weights: none, attention: none, head: linear, "
        "loss: cross_entropy}\n"
        "  b: {<<: *a, loss: focal}\n",
        encoding="utf-8",
    )
    assert preset.description(str(own)) == "Two rows of one backbone."
    preset.apply_preset(str(own), path=file)
    assert {name: entry.loss for name, entry in load_params(file).models.items()} == {"a": "cross_entropy", "b": "focal"}
    for text, message in (("seed: [", "must be readable YAML"), ("- 1\n", "must be a map of sections"), ("", "must be a map")):
        own.write_text(text, encoding="utf-8")
        with pytest.raises(ParamsError, match=message):
            preset.apply_preset(str(own), path=file)
    with pytest.raises(ParamsError, match=r"there is no preset file nix\.yaml; give its path, or one of: "):
        preset.apply_preset("nix.yaml", path=file)
