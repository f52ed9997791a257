"""README.md, CONTRIBUTING.md and docs/ against what there is: links, anchors, parameters, commands with their options, and Make targets."""

import io
import os
import re
import runpy
import sys
from contextlib import redirect_stdout, suppress
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
OVERRIDE = re.compile(r"(?:-S|--set)[ =][\"']?\+{0,2}([^\s=\"']+)=")
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def prose(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """GitHub's anchors of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", prose(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shell_lines(text: str) -> list[str]:
    """The lines of all `sh` blocks, without comments and with continued lines joined, and all code in single backticks."""
    blocks = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    commands = [part.strip() for line in blocks.splitlines() for part in re.sub(r"\s+#.*", "", line).split("&&")]
    return [*commands, *inline_code(text)]


def inline_code(text: str) -> list[str]:
    return [" ".join(code.split()) for code in re.findall(r"`((?:[^`\n]|\n(?!\n))+)`", prose(text))]


def mien(*arguments: str) -> str:
    """What the command prints; in this process, because a process for each command takes a second."""
    said = io.StringIO()
    environment = patch.dict(os.environ, {"COLUMNS": "200", "NO_COLOR": "1"})
    with environment, patch.object(sys, "argv", ["mien", *arguments]), redirect_stdout(said), suppress(SystemExit):
        runpy.run_module("mien", run_name="__main__")
    return said.getvalue()


GROUPS = ("export",)
"""commands of mien that have commands of their own"""


@cache
def parameters() -> list[str]:
    return [line.split()[0] for line in mien("params").splitlines()[1:]]


def is_parameter(key: str) -> bool:
    """Whether `mien params` lists the key, a key above it, a map that holds it, or, with * or a model's name, one like it."""
    key = re.sub(r"^models\.[^.]+", "models.NAME", key)
    key = re.sub(r"^models\.NAME\.(loss|head)_params\.", r"\1.", key)
    key = re.sub(r"^models\.NAME\.(train|augment|explain)\.", r"\1.", key)
    key = re.sub(r"^labels\.aliases\..*", "labels.aliases", key)
    return any(fnmatchcase(known, key) or known.startswith(f"{key}.") for known in parameters())


@cache
def options_of(*command: str) -> set[str]:
    """The options of a command of mien; fails if there is none of that name."""
    said = mien(*command, "--help")
    assert said, f"no command mien {' '.join(command)}"
    return set(re.findall(r"--[a-z]+(?:-[a-z]+)*", said))


@pages
def test_links_and_anchors_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8"))):
        if re.match(r"https?:", target):
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.is_file(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(there), f"{page.name} links to {target}; there are {sorted(anchors(there))}"


def test_every_page_is_linked_from_the_root_and_the_readme_is_short() -> None:
    readme, contributing = (page.read_text(encoding="utf-8") for page in PAGES[:2])
    assert [page.name for page in PAGES[2:] if f"(docs/{page.name}" not in readme + contributing] == []
    assert len(readme.splitlines()) <= 150


@pages
def test_parameters_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    sections = {key.split(".")[0] for key in parameters() if "." in key}
    dotted = [match[1] for code in inline_code(text) if (match := re.match(r"([a-z_]+\.[\w.*]+)(?:$|[:=\s])", code))]
    named = [key for key in dotted if key.split(".")[0] in sections and not key.endswith((".py", ".yaml", ".md"))]
    assert [key for key in [*named, *OVERRIDE.findall(text)] if not is_parameter(key)] == []


@pages
def test_commands_options_and_targets_exist(page: Path) -> None:
    targets = re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    for line in shell_lines(page.read_text(encoding="utf-8")):
        words = line.split()
        options = [word.split("=")[0] for word in words if word.startswith("--")]
        if words[:1] == ["mien"] and len(words) > 1:
            known = options_of(*words[1 : 3 if words[1] in GROUPS else 2])
            assert set(options) <= known, f"{line}: {sorted(known)}"
        elif words[:1] == ["make"]:
            assert set(words[1:2]) <= set(targets), line
        elif words[:2] == ["dvc", "repro"]:
            assert {word.split("@")[0] for word in words[2:] if not word.startswith("-")} <= {*stages, "STAGE"}, line
        elif words[:1] == ["python"] and len(words) > 1:
            script = ROOT / (words[2].replace(".", "/") + ".py" if words[1] == "-m" else words[1])
            assert script.is_file(), line
            code = script.read_text(encoding="utf-8")
            assert [option for option in options if f"{option[2:].replace('-', '_')}:" not in code] == [], line


def test_continuous_integration_runs_what_the_readme_or_contributing_names() -> None:
    said = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    commands = re.findall(r"^make .*$", (ROOT / ".ci" / "run").read_text(encoding="utf-8"), re.MULTILINE)
    assert commands
    assert [command for command in commands if command not in said] == []


@pytest.mark.parametrize("key", ["loss.gama", "models.mobilenetv2.drop_out", "models.*.loss_params.rbc", "ingest.sources"])
def test_a_misspelt_parameter_is_found(key: str) -> None:
    assert not is_parameter(key)
