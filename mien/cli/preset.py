"""The command `mien preset`: merges a preset and individual settings into params.yaml."""

from typing import Annotated

import typer

from mien.config import preset as presets
from mien.core import paths
from mien.core.plural import plural
from mien.core.printable import printable


def preset(
    name: Annotated[str, typer.Argument(help="the name of a preset, or the path of your own .yaml file")] = "",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="a dotted key and its value in YAML, such as 'models.*.weights=/folder'; repeatable"
        ),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="only list the presets")] = False,
) -> None:
    """Merges a preset, then individual settings, into params.yaml, keeps its comments and order, and prints the changes."""
    if listed or not (name or settings):
        for each in presets.names():
            typer.echo(printable(f"{each}: {presets.description(each)}"))
        return
    ignored = presets.left_out(name)
    changes = presets.apply_preset(name, settings=settings or ())
    for change in changes:
        typer.echo(printable(str(change)))
    for fault in ignored:
        typer.echo(printable(f"left out: {fault}"), err=True)
    typer.echo(
        f"preset{' ' * bool(name)}{name}: {plural(len(changes), 'change')} in {paths.PARAMS}"
        + ("; see `git diff`, then `dvc repro`" if changes else "")
    )
