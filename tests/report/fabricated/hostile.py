"""Names, labels and values that would do something where they are shown unescaped, put into every place of a fabricated run that takes
text.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from ruamel.yaml import YAML

from mien.core import paths
from mien.core.files import read_json, write_json
from mien.core.spreadsheet import read_csv, write_csv
from mien.store.tables import DUPLICATES, FATES, FILES, PAIRS, SPLITS, read_table, write_table

HTML = ("<script>alert(1)</script>", '"><img src=x onerror=alert(2)>', "</title></style><iframe/src=javascript:alert(3)>", "&lt;b&gt;<b>")
MARKDOWN = (
    "[x](javascript:alert(4))|`**b**`",
    "![x](https://tracker.example/x.png)",
    "| a | b\n\n# heading\n---\n- item",
    "www.tracker.example",
)
CONTROLS = ("\x1b[31mred\x1b]0;title\x07", "photo\u202egpj.exe", "a\rb\x00\x9b2J\u2028c", "{{7*7}}{% raw %}\\")
FORMULAS = ("=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "'=1", "＝1")
STRINGS = (*HTML, *MARKDOWN, *CONTROLS, *FORMULAS)
SOURCE = "/home/anna.person/<script>alert(1)<\x1b[31m> [x](javascript:y)|.zip"


def poison() -> tuple[str, ...]:
    """Rewrites the run in the current folder; returns the paths of its files as they are now."""
    rows = read_table(paths.FATES, FATES)
    named = {path: f"photos/{STRINGS[k % len(STRINGS)]}{k}.jpg" for k, path in enumerate(rows["path"])}
    write_table(paths.FATES, rows.assign(path=rows["path"].map(named), detail=[f"of {named[path]}" for path in rows["path"]]), FATES)
    files = read_table(paths.FILES, FILES)
    files["label_raw"] = [STRINGS[k % len(STRINGS)] for k in range(len(files))]
    write_table(paths.FILES, files.assign(path=files["path"].map(named), subject=[f"<b>subject{k}</b>" for k in range(len(files))]), FILES)
    for path, schema, columns in (
        (paths.SPLITS, SPLITS, ("path",)),
        (paths.DUPLICATES, DUPLICATES, ("path", "twin_path")),
        (paths.PAIRS, PAIRS, ("path", "other_path")),
    ):
        table = read_table(path, schema)
        write_table(path, table.assign(**{name: table[name].map(lambda one: named.get(one)) for name in columns}), schema)
    for folder in paths.explanation_folder("any").parent.iterdir():
        for name in ("gallery", "failures") if folder.is_dir() else ():
            write_json(folder / f"{name}.json", _renamed(read_json(folder / f"{name}.json"), named))
    queue = pd.read_csv(paths.DOUBTS / "queue.csv")
    write_csv(paths.DOUBTS / "queue.csv", queue.assign(path=queue["path"].map(named)))
    for path in paths.slices("any").parent.glob("*.slices.csv"):
        slices = read_csv(path)
        rows = pd.concat([slices.iloc[:1].assign(column=text, value=STRINGS[-k]) for k, text in enumerate(STRINGS)])
        write_csv(path, rows)
    counts = read_json(paths.counts("sanitise"))
    unknown = [{"label": text, "files": 2, "closest_class": None} for text in STRINGS]
    write_json(paths.counts("sanitise"), counts | {"unknown_labels": unknown})
    expectations = {f"every label is one of {text}": True for text in STRINGS}
    write_json(paths.VALIDATION, {"success": True, "suites": {"files": {"success": True, "expectations": expectations}}})
    _set_source(paths.PARAMS)
    return tuple(named.values())


def _set_source(params: Path) -> None:
    yaml = YAML()
    document = yaml.load(params.read_text(encoding="utf-8"))
    document["ingest"] = {"source": SOURCE}
    document["labels"]["corrections"] = f"/home/anna.person/{HTML[0].replace('/', '')}.csv"
    with params.open("w", encoding="utf-8") as file:
        yaml.dump(document, file)


def _renamed(value: Any, named: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_renamed(entry, named) for entry in value]
    if isinstance(value, dict):
        return {key: named[entry] if key == "path" else _renamed(entry, named) for key, entry in value.items()}
    return value


def texts_of(folder: Path) -> Iterator[tuple[Path, str]]:
    """Every text file below a folder."""
    for path in sorted(folder.rglob("*.*")):
        if path.is_file():
            yield path, path.read_text(encoding="utf-8")
