"""Which stages run in parallel, by DVC's own graph of the pipeline.

The stages that dvc.yaml defines once for each model, pair, ensemble or export (`foreach`) have an @ in their name. Those that need each
other one after the other and nothing else in between, such as `train@M`, `evaluate@M` and `explain@M`, form a chain, which one process of
DVC runs.
"""

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from graphlib import TopologicalSorter

from mien.core.dvc import dvc_command, tools_first
from mien.core.errors import ReproError

Chain = tuple[str, ...]
Needs = Mapping[str, set[str]]
"""For each stage the stages whose outputs it reads."""


@dataclass(frozen=True)
class Plan:
    """The stages to run before all chains, and for each chain the chains that it waits for."""

    first: list[str]
    """only those that no other of them needs, because DVC runs what a stage needs before it"""
    chains: dict[Chain, set[Chain]]


def needs() -> dict[str, set[str]]:
    """The graph of the whole pipeline, from `dvc dag`. Raises ReproError with DVC's reason if there is none."""
    done = subprocess.run(dvc_command("dag", "--dot"), env=tools_first(), capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise ReproError(f"DVC cannot read the pipeline: {(lines or done.stderr.splitlines() or ['no reason given'])[0]}")
    return read_dot(done.stdout)


def read_dot(text: str) -> dict[str, set[str]]:
    """The graph in the text that `dvc dag --dot` prints, with the stages in its order."""
    found: dict[str, set[str]] = {name: set() for name in re.findall(r'^"([^"]+)";$', text, flags=re.MULTILINE)}
    for needed, stage in re.findall(r'^"([^"]+)" -> "([^"]+)";$', text, flags=re.MULTILINE):
        found[stage].add(needed)
    return found


def stages_of(targets: Iterable[str], graph: Needs) -> list[str]:
    """The stages that the targets name: a stage, or `train` for every `train@…`. Raises ReproError for any other target."""
    found: list[str] = []
    for target in targets:
        own = [stage for stage in graph if stage == target or stage.startswith(f"{target}@")]
        if not own:
            near = get_close_matches(target, {*graph, *(stage.partition("@")[0] for stage in graph)}, n=1)
            hint = f"did you mean {near[0]}?" if near else "`dvc stage list` prints them"
            raise ReproError(f"'{target}' is not a stage of dvc.yaml; {hint}")
        found += own
    return found


def plan(graph: Needs, wanted: Sequence[str]) -> Plan:
    """What runs in parallel of the `wanted` stages and of all that they need; every stage if `wanted` is empty."""
    all_needs = _all_needs(graph)
    selected = set(wanted).union(*(all_needs[stage] for stage in wanted)) if wanted else set(graph)
    several = {stage for stage in selected if "@" in stage}
    # A stage that needs, say, the report of all models waits with it for the rest of the pipeline.
    parallel = [s for s in graph if s in several and not any(all_needs[n] & several for n in all_needs[s] - several)]
    before = set().union(*(all_needs[stage] for stage in parallel)) - set(parallel)
    needed = set().union(*(graph[stage] for stage in before))
    chains = _chains({stage: all_needs[stage] & set(parallel) for stage in parallel})
    chain_of = {stage: chain for chain in chains for stage in chain}
    waiting = {chain: {chain_of[n] for stage in chain for n in all_needs[stage] if n in chain_of} - {chain} for chain in chains}
    return Plan([stage for stage in graph if stage in before - needed], waiting)


def _all_needs(graph: Needs) -> dict[str, set[str]]:
    """For each stage all stages that must run before it."""
    found: dict[str, set[str]] = {}
    for stage in TopologicalSorter(graph).static_order():
        found[stage] = graph[stage].union(*(found[needed] for needed in graph[stage]))
    return found


def _chains(all_needs: Needs) -> list[Chain]:
    """Joins a stage to the stage before it if that is all that it waits for and nothing else waits for that one."""
    nearest = {stage: own - set().union(*(all_needs[n] for n in own)) for stage, own in all_needs.items()}
    after: dict[str, list[str]] = {stage: [] for stage in nearest}
    for stage, own in nearest.items():
        for needed in own:
            after[needed].append(stage)
    follower = {n: after[n][0] for n in after if len(after[n]) == 1 and nearest[after[n][0]] == {n}}
    chains = []
    for stage in nearest:
        if stage not in follower.values():
            chain = [stage]
            while chain[-1] in follower:
                chain.append(follower[chain[-1]])
            chains.append(tuple(chain))
    return chains
