"""Stage `code`: fingerprints of the code that determines the result of each stage."""

from pathlib import Path

import typer

from mien.code.fingerprint import fingerprint
from mien.code.libraries import others_installed, pinned
from mien.code.pipeline import choices, sections, tracked_stages
from mien.code.reach import Code
from mien.config.params import load_params
from mien.core import paths
from mien.core.files import replacing_directory
from mien.core.stage import command


def main() -> None:
    """Writes fingerprints of the code that determines the result of each stage, so that DVC reruns a stage exactly if that code changed.

    Reads the files of mien and stages, requirements.lock, dvc.yaml, and the loss, attention block and head of each model from params.yaml.
    Writes data/code/STAGE.txt, or data/code/STAGE/MODEL.txt for a stage that runs once per model. Comments, docstrings, parameter
    descriptions and code that a stage does not reach do not affect the fingerprints.
    """
    params = load_params()
    code, pins, declared = Code(Path()), pinned(paths.LOCK), sections()
    texts: dict[Path, str] = {}
    for stage in tracked_stages(paths.PIPELINE):
        for model in params.models if stage.is_per_model else (None,):
            chosen = choices(params, model) if model else None
            texts[paths.code(stage.name, model)] = fingerprint(code, stage, sections=declared, pins=pins, choices=chosen)
    with replacing_directory(paths.CODE) as temporary:
        for path, text in texts.items():
            place = temporary / path.relative_to(paths.CODE)
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")
    used = {line.split(" ")[0] for text in texts.values() for line in text.splitlines()}
    if others := others_installed({name: number for name, number in pins.items() if name in used}):
        told = ", ".join(f"{name} {number} (locked: {pins[name]})" for name, number in others.items())
        typer.echo(f"warning: the installed versions differ from {paths.LOCK}, so results may differ: {told}", err=True)
    typer.echo(f"code: fingerprints of {len(texts)} stages")


if __name__ == "__main__":
    command(main)()
