"""Which of timm's weights `weights: imagenet` means: a tag for each backbone, pinned here, so that no release of timm chooses another.

timm publishes several sets of weights for an architecture, each with a tag such as aa_in1k. Its own default may be trained on more images
than ImageNet-1k, which is what papers mean by ImageNet weights: for tf_efficientnet_b7 it is Noisy Student, on 300 million more.
"""

IMAGENET = "imagenet"
"""the value of `weights` that requests weights from timm's hub"""
PINNED = {
    "densenet121": "ra_in1k",
    "efficientnet_b0": "ra_in1k",
    "efficientnet_b1": "ra4_e3600_r240_in1k",
    "inception_v3": "tv_in1k",
    "mobilenetv1_100": "ra4_e3600_r224_in1k",
    "mobilenetv2_100": "ra_in1k",
    "resnet18": "a1_in1k",
    "resnet50": "a1_in1k",
    "swin_tiny_patch4_window7_224": "ms_in1k",
    "tf_efficientnet_b7": "aa_in1k",  # AutoAugment (Cubuk et al. 2019); timm's default is ns_jft_in1k
}
"""timm's tag by backbone, for the backbones of params.yaml and its presets; each was trained on ImageNet-1k alone"""

FURTHER = {
    "ig1b": "a billion images of Instagram",
    "in12k": "ImageNet-12k",
    "in21k": "ImageNet-21k",
    "in22k": "ImageNet-22k",
    "jft": "JFT-300M",
    "laion2b": "LAION-2B",
    "laiona": "LAION-A",
    "m30m": "30 million images of several sets",
    "m38m": "38 million images of several sets",
    "openai": "the image-text pairs of OpenAI",
    "seer": "a billion images of Instagram",
    "ssld": "ImageNet-22k without labels",
    "swag": "3.6 billion images of Instagram",
    "webli": "WebLI",
    "yfcc100m": "YFCC100M",
}
"""What a part of a tag says about further training images, for the tags of timm that also have the part in1k."""


def further_images(tag: str) -> str:
    """The images besides ImageNet-1k that weights of this tag were trained on, in words; empty if there are none.

    timm's tags name the training data in parts that _ separates: ns_jft_in1k, ms_in22k_ft_in1k. A tag without the part in1k is not known to
    be ImageNet-1k alone. The data of a teacher that a student was distilled from (dist, usi) are not named in tags.
    """
    parts = tag.split("_")
    if "in1k" not in parts:
        return "images that its name does not tell"
    return " and ".join(dict.fromkeys(FURTHER[part] for part in parts if part in FURTHER))


def origin(tag: str) -> str:
    """How metrics, cards and reports name weights of this tag: `imagenet (ra_in1k)`, with the further images if there are any."""
    more = further_images(tag)
    return f"imagenet ({tag}: more than ImageNet-1k, {more})" if more else f"imagenet ({tag})"
