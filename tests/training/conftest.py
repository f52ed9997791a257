"""Tests of training save after every epoch, however short."""

import math

import pytest

from mien.training import callbacks


@pytest.fixture(autouse=True)
def _save_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "SAVING_SHARE", math.inf)
