"""How much memory may be used, and what is reserved of it."""

import resource
from pathlib import Path

import pytest

from mien.core import memory
from mien.core.memory import SHARE, MemoryBudget, group_limits, memory_budget, usable_bytes


def test_what_is_reserved_is_not_there_again() -> None:
    budget = MemoryBudget(10)
    assert budget.reserve(6) and not budget.reserve(5) and budget.reserve(4) and budget.reserve(0) and not budget.reserve(1)


def test_processes_of_one_machine_share_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory_budget(3.0).reserve(3 * 10**9) and not memory_budget(3.0).reserve(3 * 10**9 + 1)
    assert memory_budget(3.0, processes=2).reserve(1_500_000_000) and not memory_budget(3.0, processes=2).reserve(1_500_000_001)
    monkeypatch.setattr(memory, "usable_bytes", lambda: 1000)
    assert memory_budget(0).reserve(int(1000 * SHARE)) and not memory_budget(0).reserve(int(1000 * SHARE) + 1)
    assert not memory_budget(1e-9).reserve(2)


def test_limits_of_this_process_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_available_bytes", lambda: 500)
    monkeypatch.setattr(memory, "group_limits", lambda: iter([700, 400]))
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (300 if kind == resource.RLIMIT_DATA else resource.RLIM_INFINITY, 0))
    assert usable_bytes() == 300
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, 0))
    assert usable_bytes() == 400
    monkeypatch.setattr(memory, "group_limits", lambda: iter(()))
    assert usable_bytes() == 500


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_limits_of_all_groups_around_are_found(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", "0::/slurm/job_7/step_0\n")
    write(tmp_path / "sys/fs/cgroup/slurm/job_7/step_0/memory.max", "max\n")
    write(tmp_path / "sys/fs/cgroup/slurm/job_7/memory.max", "8000\n")
    write(tmp_path / "sys/fs/cgroup/slurm/memory.max", "16000\n")
    assert sorted(group_limits(tmp_path)) == [8000, 16000]


def test_version_1_and_a_container_that_sees_its_group_as_the_outermost(tmp_path: Path) -> None:
    write(tmp_path / "proc/self/cgroup", "8:pids:/\n4:cpu,memory:/docker/f00\n0::/\n")
    write(tmp_path / "sys/fs/cgroup/memory/memory.limit_in_bytes", "5000\n")
    assert list(group_limits(tmp_path)) == [5000]


def test_without_control_groups_there_is_no_limit(tmp_path: Path) -> None:
    assert not list(group_limits(tmp_path))
    write(tmp_path / "proc/self/cgroup", "0::/\n")
    assert not list(group_limits(tmp_path))


def test_this_machine_has_memory() -> None:
    assert 10**6 < usable_bytes() < 10**14
