"""The command `mien study`: queues, runs and shows the runs of a study."""

import shlex
from collections import Counter
from collections.abc import Mapping
from typing import Annotated

import typer

from mien.core import paths
from mien.core.errors import StudyError
from mien.core.plural import plural
from mien.core.repository import require_complete
from mien.study import experiments
from mien.study.experiments import DONE, FAILED, QUEUED, RUNNING, Experiment
from mien.study.file import NOT_HERE, Study, load_study, names
from mien.study.plan import Run, experiment_name, plan
from mien.study.table import show_command, study_table


def study(
    name: Annotated[str, typer.Argument(help="the name of a study, a file in experiments/")] = "",
    listed: Annotated[bool, typer.Option("--list", help="only list the studies")] = False,
    dry: Annotated[bool, typer.Option("--dry", help="only check the study and print the commands that would queue it")] = False,
    run: Annotated[bool, typer.Option("--run", help="also run the queued runs, one after the other, then print the table")] = False,
    show: Annotated[bool, typer.Option("--show", help="only print the table of the study's runs so far")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="a parameter of every run, such as train.epochs=2; repeatable"),
    ] = None,
    missing: Annotated[bool, typer.Option("--missing", help="queue only the runs that are neither queued, running nor done")] = False,
    force: Annotated[bool, typer.Option("--force", help="remove the existing runs and queue all runs again")] = False,
    rev: Annotated[str, typer.Option("--rev", help="with --show: show runs that were queued from this commit")] = "HEAD",
) -> None:
    """Checks the parameters of every run of a study and queues the runs as DVC experiments named STUDY-RUN. The workspace is unchanged."""
    if listed or not name:
        _list()
        return
    known = load_study(name)
    if show:
        _show(name, known, experiments.experiments(rev=rev), rev=rev)
        return
    runs = plan(name, known, settings=settings or ())
    if dry:
        typer.echo(f"# {name}: {known.title}" + "".join(f"\n# {line}" for line in known.description.splitlines()))
        for each in runs:
            typer.echo(shlex.join(experiments.queue_command(each, known.target)))
        return
    require_complete(paths.workspace())
    for each in (wanted := _wanted(name, runs, missing=missing, force=force, run=run)):
        experiments.queue(each, known.target)
        typer.echo(f"queued {each.experiment}")
    if not run:
        typer.echo(
            f"study {name}: {plural(len(wanted), 'run')} queued; `dvc exp run --run-all` runs all that is queued (`dvc queue "
            "start` in the background), "
            f"`mien study {name} --show` prints the table"
        )
        return
    experiments.run_queued()
    found = experiments.experiments()
    _show(name, known, found)
    if lost := [each.experiment for each in runs if each.experiment not in found or found[each.experiment].state != DONE]:
        raise StudyError(
            f"not done: {', '.join(lost)}; `dvc queue logs {lost[0]}` says why, `mien study {name} --missing --run` tries them again"
        )


def _list() -> None:
    """Prints a line for each valid study. Raises StudyError if other studies have faults, or if there are no studies."""
    if not names():
        raise StudyError(f"there are no studies in {paths.EXPERIMENTS}; {NOT_HERE}")
    faults = []
    for name in names():
        try:
            known = load_study(name)
        except StudyError as error:
            faults.append(str(error))
        else:
            typer.echo(f"{name}: {known.title} ({plural(len(known.named_runs()), 'run')})")
    if faults:
        raise StudyError("\n".join(faults))


def _wanted(name: str, runs: list[Run], *, missing: bool, force: bool, run: bool) -> list[Run]:
    """The runs to queue; earlier runs of the same name are removed. Raises StudyError if some exist and no option says what to do."""
    found = experiments.experiments()
    state = {each: found[each.experiment].state for each in runs if each.experiment in found}
    if not state or (missing and not force):
        wanted = [each for each in runs if state.get(each, FAILED) == FAILED]
    elif force:
        wanted = runs
        if running := [each.experiment for each in state if state[each] == RUNNING]:
            raise StudyError(f"{', '.join(running)} cannot be queued again while running; wait, or stop with `dvc queue kill {running[0]}`")
    elif run and len(state) == len(runs) and set(state.values()) <= {QUEUED, RUNNING}:
        wanted = []
    else:
        counts = ", ".join(f"{count} {what}" for what, count in Counter(state.values()).items())
        raise StudyError(
            f"{len(state)} of the {len(runs)} runs of {name} already exist ({counts}): `mien study {name} --show` prints them, "
            f"--missing queues the others and those that failed, --force removes them and queues all again"
        )
    experiments.remove(
        [each.experiment for each in wanted if state.get(each) in (DONE, QUEUED)],
        failed=[each.experiment for each in wanted if state.get(each) == FAILED],
    )
    return wanted


def _show(name: str, known: Study, found: Mapping[str, Experiment], *, rev: str = "HEAD") -> None:
    if not any(experiment_name(name, run) in found for run in known.named_runs()):
        raise StudyError(
            f"no run of {name} was queued from the commit {rev}; `mien study {name} --run` runs it, --rev names the commit that it was "
            "queued from"
        )
    typer.echo(study_table(name, known, found))
    typer.echo(f"\nBy DVC alone: {shlex.join(show_command(known))}")
