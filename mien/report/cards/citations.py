"""The papers to cite for the parts of a model: the entry of papers.bib for each backbone, attention block, loss and augmentation."""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

BACKBONES = {  # patterns of timm's names; they exclude later families of similar names, which are from other papers
    r"resnet\d+": "he2016",
    r"inception_v3": "szegedy2016",
    r"mobilenetv1_\d+": "howard2017",
    r"mobilenetv2_\d+": "sandler2018",
    r"densenet\d+": "huang2017",
    r"(tf_)?efficientnet_b\d": "tan2019",
    r"swin_(tiny|small|base|large)_.*": "liu2021",
}
ATTENTION = {
    "se": "hu2018",
    "spatial": "woo2018",
    "cbam": "woo2018",
    "eca": "wang2020",
    "pointwise": "kausar",
    "multi_scale": "li2019",
}
LOSSES = {
    "focal": "lin2017",
    "class_balanced": "cui2019",
    "balanced_softmax": "ren2020",
    "logit_adjusted": "menon2021",
    "eac": "zhang2022",
    "mek": "zhang2023",
    "rebalanced": "zhu2025",
    "scn": "wang2020scn",
    "rul": "zhang2021",
    "bbn": "zhou2020",
    "mean_teacher_selected": "tarvainen2017",
}
AUGMENTATION = {"mixup": "zhang2018", "cutmix": "yun2019"}


def citations(config: Mapping[str, Any], *, explained: bool, corrupted: bool = False) -> list[str]:
    """Return the BibTeX entries for the parts of a model with this configuration, for its calibration, if `explained` for Grad-CAM, and if
    `corrupted` for the corruptions of its test images.

    The papers of the method (loss, attention, distillation, augmentation) come first. Parts that are not listed (other timm backbones) have
    no entry.
    """
    keys = [
        LOSSES.get(config["loss"]["name"]),
        ATTENTION.get(config["attention"]),
        "hinton2015" if config.get("teachers") else None,
        *(key for name, key in AUGMENTATION.items() if config["augment"].get(name)),
        *(key for pattern, key in BACKBONES.items() if re.fullmatch(pattern, config["backbone"])),
        "selvaraju2017" if explained else None,
        "hendrycks2019" if corrupted else None,
        "guo2017",
    ]
    entries = {entry.split("{", 1)[1].split(",", 1)[0]: entry for entry in _papers().strip().split("\n\n")}
    return [entries[key] for key in dict.fromkeys(keys) if key]


def _papers() -> str:
    return files("mien.report.cards").joinpath("papers.bib").read_text(encoding="utf-8")
