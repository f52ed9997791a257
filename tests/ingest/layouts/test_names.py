"""Labels, persons and further properties in the file names of published data sets."""

from collections.abc import Mapping

import pytest

from mien.config.spelling import fold
from mien.core import registry
from mien.ingest.layouts import Facts, Files, load_layout, recognised

NAMES: Mapping[str, Mapping[str, Facts]] = {
    "kdef": {
        "AF01ANS.JPG": Facts("angry", subject="F01", columns={"session": "A", "angle": "straight"}),
        "KDEF/BM35/BM35HAHL.JPG": Facts("happy", subject="M35", columns={"session": "B", "angle": "half left"}),
        "AF01/AF01SUFR.jpg": Facts("surprise", subject="F01", columns={"session": "A", "angle": "full right"}),
        "bm02afs.jpg": Facts("fear", subject="M02", columns={"session": "B", "angle": "straight"}),
    },
    "jaffe": {"KA.AN1.39.tiff": Facts("angry", subject="KA"), "jaffe/YM.FE2.53.png": Facts("fear", subject="YM")},
    "nimstim": {"01F_AN_O.BMP": Facts("angry", subject="01F"), "45M_SP_C.bmp": Facts("surprise", subject="45M")},
    "faces": {
        "004_o_m_a_a.jpg": Facts("angry", subject="004", columns={"age_group": "old"}),
        "066_y_f_h_b.jpg": Facts("happy", subject="066", columns={"age_group": "young"}),
    },
}


@pytest.mark.parametrize("name", NAMES)
def test_names_give_label_and_person(name: str) -> None:
    images = [*NAMES[name], "notes/readme.jpg"]
    assert recognised(list(NAMES[name]), images) == name
    assert load_layout(name).facts(Files(images, images, {})).by_path == NAMES[name]


def test_a_layout_needs_four_fifths_of_the_images() -> None:
    names, others = [f"AF{at:02d}HAS.JPG" for at in range(8)], [f"IMG_{at}.jpg" for at in range(3)]
    assert recognised([*names, *others[:2]], [*names, *others[:2]]) == "kdef"
    assert recognised([*names, *others], [*names, *others]) is None
    assert recognised([], []) is None


def test_every_layout_names_its_labels_in_order_and_alike() -> None:
    for name in registry.names("mien.ingest.layouts"):
        layout = load_layout(name)
        assert list(layout.classes) == sorted({fold(label) for label in layout.classes}), name
        assert set(layout.classes) - {"contempt", "calm"} <= {"angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"}, name
