"""pyproject.toml is the one source of the version: the command, the citation and the changelog agree with it."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_command_prints_the_version_of_the_installed_package() -> None:
    done = subprocess.run([sys.executable, "-m", "mien", "--version"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (version("mien") + "\n", "")


def test_the_citation_has_the_keys_of_its_schema_and_the_version_of_the_project() -> None:
    """The schema: Citation File Format 1.2.0, https://doi.org/10.5281/zenodo.5171937, which requires these keys and knows no others."""
    citation = YAML(typ="safe").load(ROOT / "CITATION.cff")
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    known = {
        "abstract",
        "commit",
        "contact",
        "date-released",
        "doi",
        "identifiers",
        "keywords",
        "license",
        "license-url",
        "preferred-citation",
    }
    known |= {"references", "repository", "repository-artifact", "repository-code", "type", "url", "version"}
    assert set(citation) <= known | {"cff-version", "message", "title", "authors"}
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert citation["authors"] and all("name" in author or "family-names" in author for author in citation["authors"])
    assert {key: citation[name] for key, name in (("name", "title"), ("version", "version"), ("license", "license"))} == {
        key: PROJECT[key] for key in ("name", "version", "license")
    }


def test_the_changelog_begins_with_the_version_or_says_that_it_is_the_next_release() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in headings[1:]), headings
    released = [tuple(map(int, re.findall(r"\d+", heading)[:3])) for heading in headings[1:]]
    assert released == sorted(released, reverse=True)
    assert f"[{PROJECT['version']}]" in headings[1].split() or f"The next release is {PROJECT['version']}." in text
