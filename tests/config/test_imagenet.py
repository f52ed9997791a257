"""What timm's tags say about the training images, and which backbones have a pinned tag."""

import re
from pathlib import Path

import pytest
import timm

from mien.config.configure import pretrained_document
from mien.config.imagenet import FURTHER, PINNED, further_images, origin
from mien.config.params import load_params
from mien.config.sections.models import ModelParams
from mien.core.errors import ParamsError

ROOT = Path(__file__).parents[2]
ENTRY = {"attention": "none", "head": "linear", "loss": "focal"}


def entry(**values: str) -> ModelParams:
    return ModelParams.model_validate({**ENTRY, **values})


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("ra_in1k", ""),
        ("a1h_in1k", ""),
        ("ft_in1k", ""),
        ("ns_jft_in1k", "JFT-300M"),
        ("ms_in22k_ft_in1k", "ImageNet-22k"),
        ("sw_in12k_ft_in1k", "ImageNet-12k"),
        ("fb_swsl_ig1b_ft_in1k", "a billion images of Instagram"),
        ("fb_ssl_yfcc100m_ft_in1k", "YFCC100M"),
        ("clip_laion2b_soup_ft_in12k_in1k_320", "LAION-2B and ImageNet-12k"),
        ("ms_in22k", "images that its name does not tell"),
        ("bamboo", "images that its name does not tell"),
    ],
)
def test_further_images_are_told_by_the_tag(tag: str, words: str) -> None:
    assert further_images(tag) == words
    assert origin(tag) == (f"imagenet ({tag}: more than ImageNet-1k, {words})" if words else f"imagenet ({tag})")


def test_every_part_that_stands_for_images_occurs_beside_in1k_in_timm() -> None:
    parts = {part for name in timm.list_pretrained() if "in1k" in name for part in name.partition(".")[2].split("_")}
    assert set(FURTHER) <= parts
    data = {part for part in parts if part.startswith(("in1", "in2", "jft", "laion", "yfcc", "ig", "webli", "openai", "swag", "seer"))}
    assert data - {"in1k", "indomain"} == set(FURTHER) - {"ssld", "m30m", "m38m"}, "a new release may name other images"


def test_every_backbone_of_params_and_presets_has_a_pinned_tag() -> None:
    files = [ROOT / "params.yaml", *(ROOT / "mien/config/presets").glob("*.yaml"), *(ROOT / "experiments").glob("*.yaml")]
    texts = [file.read_text(encoding="utf-8") for file in files]
    used = {name for text in texts for name in re.findall(r"backbone[:=] ?(\w+)", text)}
    assert len(used) > 8 and used - {"cnn"} <= set(PINNED)


def test_the_tag_belongs_to_what_pretrained_reads_and_to_nothing_else() -> None:
    assert pretrained_document(entry(backbone="resnet50", weights="imagenet"))["tag"] == PINNED["resnet50"]
    assert pretrained_document(entry(backbone="resnet50", weights="imagenet", weights_tag="tv_in1k"))["tag"] == "tv_in1k"
    assert pretrained_document(entry(backbone="resnet50", weights="none")) == {"backbone": "resnet50", "weights": "none"}
    assert "tag" not in pretrained_document(entry(backbone="resnet34", weights="imagenet")), "the hub's choice, of which the note tells"


def test_a_tag_without_imagenet_is_refused(tmp_path: Path) -> None:
    text = (ROOT / "params.yaml").read_text().replace("    weights: none\n", "    weights: none\n    weights_tag: a1_in1k\n", 1)
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ParamsError, match=r"models\.resnet50\.weights_tag: must be left out unless weights is imagenet \(got 'a1_in1k'\)"):
        load_params(tmp_path / "params.yaml")
