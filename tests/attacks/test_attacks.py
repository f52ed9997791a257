"""The campaign of benchmarks/attack.py, small: every law of it holds, and the campaign sees what breaks one."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from benchmarks.attacks import hostile
from benchmarks.attacks.ingesting import Source, ingest
from benchmarks.attacks.jail import Jail
from benchmarks.attacks.mutations import MUTATIONS
from benchmarks.attacks.photographs import FORMATS, drawn
from benchmarks.attacks.pictures import fate, mutated_pictures
from benchmarks.attacks.sources import fuzzed_sources, num_listed
from benchmarks.attacks.verdict import Verdict
from mien.core.errors import SourceError
from stages import ingest as stage

HEAVY = ("bomb", "overlapping", "many empty", "equal names")  # seconds each; their kinds are in tests/ingest


def misbehave(how: str) -> str:
    """Work that breaks one law of the Jail."""
    if how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "hang":
        time.sleep(60)
    if how == "raise":
        raise KeyError(how)
    return f"{len(bytearray(b'x' * (100 * 2**20)))}" if how == "grow" else how


def test_the_campaign_sees_death_hanging_exceptions_and_memory() -> None:
    with Jail(misbehave, limit_s=8) as jail:  # a process needs a while to start
        small = jail.ask("well")
        assert small.result == "well" and small.broken is None
        assert jail.ask("grow").peak_bytes > small.peak_bytes + 90e6
        assert "KeyError" in (jail.ask("raise").broken or "")
        assert jail.ask("die").broken == "the process ended with code -9"
        assert jail.ask("well").result == "well"
    with Jail(misbehave, limit_s=1) as jail:
        assert jail.ask("hang").broken == "took more than 1 s"


def test_a_verdict_counts_and_names_what_is_broken() -> None:
    verdict = Verdict("all")
    verdict.add("PNG", "stored", [])
    verdict.add("PNG", "corrupt", ["2 s"])
    assert verdict.broken == ["PNG: 2 s"] and verdict.table() == [["PNG", "2", "1 stored, 1 corrupt"]]
    assert verdict.line() == "all: 2 cases, 1 broken laws (1 stored, 1 corrupt)"


@pytest.mark.parametrize("name", FORMATS)
def test_the_drawn_photographs_are_sound(name: str) -> None:
    assert fate(drawn(name, 3)) == "stored"


def test_mutations_change_and_are_the_same_by_seed() -> None:
    content = drawn("PNG", 1)
    for mutation in MUTATIONS.values():
        first, again = (mutation(content, np.random.default_rng(5)) for _ in range(2))
        assert first == again and first != content


def test_mutated_photographs_are_stored_or_rejected() -> None:
    verdict = mutated_pictures(2 * len(FORMATS), seed=11)
    assert not verdict.broken and verdict.num == 2 * len(FORMATS)


def test_fuzzed_archives_are_rows_or_one_line(tmp_path: Path) -> None:
    verdict = fuzzed_sources(tmp_path / "own", num_zips=20, num_tars=20, num_streams=2, seed=12)
    assert not verdict.broken and verdict.num == 46


def test_hostile_archives_and_tables_are_rows_or_one_line(tmp_path: Path) -> None:
    makers = {name: make for name, make in hostile.archives().items() if not any(word in name for word in HEAVY)}
    sources = [Source(tmp_path / "own", name, make()) for name, make in makers.items()]
    light = {name: content for name, content in hostile.pixel_tables().items() if len(content) < 2**20}
    sources += [Source(tmp_path / "own", name, content) for name, content in light.items()]
    photo = hostile.containers.zipped([("happy/1.png", drawn("PNG", 0))])  # type: ignore[attr-defined]
    sources += [Source(tmp_path / "own", "a.zip", photo, metadata=content) for content in hostile.user_tables("path").values()]
    sources += [Source(tmp_path / "own", "a.zip", photo, corrections=content) for content in hostile.user_tables("sample_id").values()]
    with Jail(ingest, limit_s=60) as jail:
        for source in sources:
            answer = jail.ask(source)
            assert answer.broken is None and answer.result.faults == [], f"{source.name}: {answer}"
            if answer.result.end == "rows":
                assert answer.result.num_rows >= num_listed(source.content)


def test_a_write_outside_and_a_text_of_two_lines_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def harm() -> None:
        Path("../outside.png").write_bytes(b"x")
        Path("tmp/left").write_bytes(b"x")
        raise SourceError("two\nlines")

    monkeypatch.setattr(stage, "main", harm)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", None)
    faults = ingest(Source(tmp_path / "own", "a.zip", b"")).faults
    assert [fault.partition(":")[0] for fault in faults] == ["not one line", "strays", "temporary files"]
