"""Tests of training save after every epoch, however short, and run on one thread: on tiny tensors, more only wait for one another."""

import math

import pytest
import torch

from mien.training import callbacks


@pytest.fixture(autouse=True)
def _save_every_epoch_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "SAVING_SHARE", math.inf)
    torch.set_num_threads(1)
