"""The plan of `mien repro`, for pipelines whose graph is written as `dvc dag --dot` prints it."""

import random

import networkx as nx
import pytest

from mien.core.errors import ReproError
from mien.repro.plan import plan, read_dot, stages_of

MODELS = """strict digraph {
"data";
"other";
"configure";
"pretrained@teacher";
"pretrained@student";
"pretrained@tuned";
"train@teacher";
"teach@pair";
"train@student";
"train@tuned";
"evaluate@teacher";
"evaluate@student";
"evaluate@tuned";
"ensemble@both";
"compare";
"publish@eu";
"configure" -> "pretrained@teacher";
"configure" -> "pretrained@student";
"configure" -> "pretrained@tuned";
"data" -> "train@teacher";
"data" -> "teach@pair";
"data" -> "train@student";
"data" -> "train@tuned";
"data" -> "evaluate@teacher";
"pretrained@teacher" -> "train@teacher";
"pretrained@student" -> "train@student";
"pretrained@tuned" -> "train@tuned";
"train@teacher" -> "teach@pair";
"teach@pair" -> "train@student";
"train@student" -> "pretrained@tuned";
"train@teacher" -> "evaluate@teacher";
"train@student" -> "evaluate@student";
"train@tuned" -> "evaluate@tuned";
"evaluate@student" -> "ensemble@both";
"evaluate@tuned" -> "ensemble@both";
"evaluate@teacher" -> "compare";
"ensemble@both" -> "compare";
"compare" -> "publish@eu";
}
"""


def test_a_student_waits_for_its_teacher_and_a_model_for_the_one_that_it_starts_from() -> None:
    graph = read_dot(MODELS)
    found = plan(graph, [])
    teacher, evaluated = ("pretrained@teacher", "train@teacher"), ("evaluate@teacher",)
    student, tuned = ("train@student",), ("pretrained@tuned", "train@tuned", "evaluate@tuned")
    assert sorted(found.first) == ["configure", "data"]
    assert found.chains[teacher] == set() and found.chains["pretrained@student",] == set()
    assert found.chains[evaluated] == {teacher} and found.chains["teach@pair",] == {teacher}
    assert {("teach@pair",), ("pretrained@student",)} <= found.chains[student]
    assert student in found.chains[tuned] and ("evaluate@student",) not in found.chains[tuned]
    assert {tuned, ("evaluate@student",)} <= found.chains["ensemble@both",]
    assert not any("publish@eu" in chain for chain in found.chains), "it needs a stage of all models"


def test_only_what_the_targets_need_runs() -> None:
    graph = read_dot(MODELS)
    found = plan(graph, stages_of(["evaluate@teacher"], graph))
    assert found.chains == {("pretrained@teacher", "train@teacher", "evaluate@teacher"): set()}
    assert set(stages_of(["train", "data"], graph)) == {"train@teacher", "train@student", "train@tuned", "data"}
    assert plan(graph, ["data"]) == plan(read_dot('"alone";'), [])


def test_a_target_that_is_no_stage_is_told() -> None:
    with pytest.raises(ReproError, match=r"'train@techer' is not a stage of dvc\.yaml; did you mean train@teacher"):
        stages_of(["train@techer"], read_dot(MODELS))
    with pytest.raises(ReproError, match="`dvc stage list` prints them"):
        stages_of(["data/faces"], read_dot(MODELS))


@pytest.mark.parametrize("seed", range(30))
def test_each_parallel_stage_is_in_one_chain_after_all_that_it_needs(seed: int) -> None:
    drawn = random.Random(seed)
    names = [f"s{number}" + "@m" * (drawn.random() < 0.7) for number in range(14)]
    edges = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :] if drawn.random() < 0.2]
    text = "".join([*(f'"{name}";\n' for name in names), *(f'"{a}" -> "{b}";\n' for a, b in edges)])
    found, graph = plan(read_dot(text), []), nx.DiGraph(edges)
    graph.add_nodes_from(names)

    several = {name for name in names if "@" in name}
    parallel = [stage for chain in found.chains for stage in chain]
    assert set(parallel) <= several and len(parallel) == len(set(parallel))
    for stage in several - set(parallel):
        assert any(nx.ancestors(graph, other) & several for other in nx.ancestors(graph, stage) - several)
    jobs = nx.DiGraph([(other, chain) for chain, waiting in found.chains.items() for other in waiting])
    assert nx.is_directed_acyclic_graph(jobs)
    before = set().union(*({stage} | nx.ancestors(graph, stage) for stage in found.first)) if found.first else set()
    for chain, waiting in found.chains.items():
        done = before | {stage for other in waiting for stage in other}
        for stage in chain:
            assert nx.ancestors(graph, stage) <= done, "all that it needs"
            done.add(stage)
        needed = set().union(*(nx.ancestors(graph, stage) for stage in chain))
        assert all(needed & set(other) for other in waiting), "and it waits for nothing else"
