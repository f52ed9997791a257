"""The files of the page: all are served, all are in the wheel, and they look like the report."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mien.predict.drawing.overlay import FADING, INFERNO, OPACITY
from mien.serve.assets import ASSETS
from tests.surroundings import ROOT

PAGE = ROOT / "mien" / "serve" / "page"
COLOUR = re.compile(r"--([a-z-]+):\s*(#[0-9a-f]{3,6})")


def test_every_file_is_served_and_every_reference_leads_to_one() -> None:
    assert sorted(name for name, _ in ASSETS.values()) == sorted(path.name for path in PAGE.iterdir())
    for path in PAGE.iterdir():
        text = path.read_text(encoding="utf-8")
        found = re.findall(r'(?:src|href)="([\w./]+\.(?:js|css))"|from "\./([\w.]+)"', text)
        assert {one or other for one, other in found} <= {name for name, _ in ASSETS.values()}, path.name


def test_the_colours_are_those_of_the_report() -> None:
    report = (ROOT / "mien/report/page/shell/style.css.j2").read_text(encoding="utf-8")
    own = (PAGE / "style.css").read_text(encoding="utf-8")
    themes = [dict(COLOUR.findall(part)) for part in re.findall(r"{% set \w+ %}(.*?){% endset %}", report, re.DOTALL)]
    blocks = [dict(COLOUR.findall(part)) for part in re.findall(r"{ color-scheme: \w+;\s(.*?)}", own, re.DOTALL)]
    assert len(themes) == 2 and len(blocks) == 3 and blocks[1] == blocks[2], "dark by the system's choice is dark by the reader's choice"
    for theme, block in zip(themes, blocks, strict=False):
        assert {name: value for name, value in block.items() if name != "on-accent"} == {
            name: theme[name] for name in block if name in theme
        }


def test_maps_have_the_colours_of_annotated_pictures() -> None:
    script = (PAGE / "maps.js").read_text(encoding="utf-8")
    assert f'"{INFERNO}"' in script and f"OPACITY = {OPACITY};" in script and f"FADING = {FADING};" in script


@pytest.mark.slow
def test_the_wheel_has_the_page(tmp_path: Path) -> None:
    build = "import sys; from hatchling.builders.wheel import WheelBuilder; print(*WheelBuilder('.').build(directory=sys.argv[1]))"
    subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {f"mien/serve/page/{path.name}" for path in PAGE.iterdir()} <= set(names)
