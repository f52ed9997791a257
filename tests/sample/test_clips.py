"""Clips of the set: what else is drawn does not change, faces go from rest to the full expression, and each frame is listed."""

import csv
import io
from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
from PIL import Image

from mien.sample.archive import draw_set
from mien.sample.clips import FACELESS_EVERY, LENGTHS, RECUT_EVERY, Frame, metadata_csv, plan_clips, scaled, strengths
from mien.sample.expression import SHARES, Expression, draw_expression
from mien.sample.mess import File

Drawn = list[tuple[File, bytes]]


@pytest.fixture(scope="module")
def both() -> tuple[Drawn, Drawn]:
    """The set of no faces but one, without clips and with twelve."""
    return tuple(draw_set(num_faces=1, size_px=160, seed=5, workers=1, num_clips=num) for num in (0, 12))  # type: ignore[return-value]


def test_clips_change_no_other_file(both: tuple[Drawn, Drawn]) -> None:
    without, with_clips = both
    assert [made for made in with_clips if not isinstance(made[0], Frame)] == without
    assert not any(isinstance(file, Frame) for file, _ in without)
    assert metadata_csv(file for file, _ in without) == "path,subject,clip,frame\n"


def test_every_frame_is_listed_with_its_clip_its_person_and_its_place(both: tuple[Drawn, Drawn]) -> None:
    frames = [file for file, _ in both[1] if isinstance(file, Frame)]
    rows = list(csv.DictReader(io.StringIO(metadata_csv(file for file, _ in both[1]))))
    assert [row["path"] for row in rows] == [frame.path for frame in frames]
    assert len({(row["clip"], row["frame"]) for row in rows}) == len(rows)
    for clip in {frame.clip for frame in frames}:
        own = [frame for frame in frames if frame.clip == clip]
        assert [frame.frame for frame in own] == list(range(len(own)))  # sorted by path
        assert len({(frame.label, frame.subject) for frame in own}) == 1


def test_some_recordings_are_cut_twice_and_some_frames_show_nobody(both: tuple[Drawn, Drawn]) -> None:
    kinds = Counter(file.kind for file, _ in both[1] if isinstance(file, Frame))
    frames = [file for file, _ in both[1] if isinstance(file, Frame)]
    (cut,) = {frame.clip for frame in frames if frame.kind == "clip_copy"}
    assert cut == f"clip_{RECUT_EVERY - 1:03}_again"
    faceless = {frame.clip: frame.frame for frame in frames if frame.kind == "faceless_frame" and frame.clip != "clip_012"}
    assert faceless == {f"clip_{FACELESS_EVERY - 1:03}": 0}
    assert {frame.kind for frame in frames if frame.clip == "clip_012"} == {"faceless_frame"}
    assert len({content for file, content in both[1] if isinstance(file, Frame)}) == len(frames)
    assert kinds["clip_frame"] >= 12 * LENGTHS[0] - 1
    assert all(Image.open(io.BytesIO(content)).format == "JPEG" for file, content in both[1] if isinstance(file, Frame))


def test_the_strength_rises_to_1_and_falls() -> None:
    for seed in range(200):
        curve = np.array(strengths(int(np.random.default_rng(seed).integers(LENGTHS[0], LENGTHS[1] + 1)), np.random.default_rng(seed)))
        assert curve.min() >= 0 and curve.max() == 1 and curve[0] < 0.7 and curve[-1] < 1
        top = int(curve.argmax())
        assert (np.diff(curve[: top + 1]) >= 0).all() and (np.diff(curve[top:]) <= 0).all()


def test_an_expression_at_strength_0_is_at_rest_and_at_1_itself() -> None:
    full = draw_expression("surprise", np.random.default_rng(0))
    assert scaled(full, 0) == Expression() and scaled(full, 1) == full
    half = scaled(full, 0.5)
    assert all(getattr(half, field.name) == getattr(full, field.name) / 2 for field in fields(Expression))


def test_every_class_has_as_many_clips_and_two_clips_of_a_person_differ() -> None:
    recordings = plan_clips(50, np.random.default_rng(1))
    acted = [one for one in recordings if not one.faceless]
    assert Counter(one.label for one in acted) == dict.fromkeys(SHARES, 10)
    by_person = [[one.label for one in acted if one.person == person] for person in range(25)]
    assert sum(len(set(labels)) == 2 for labels in by_person) >= 20
    assert plan_clips(0, np.random.default_rng(1)) == []
