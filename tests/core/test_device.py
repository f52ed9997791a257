import pytest
import torch

from mien.core.device import slow_precision


@pytest.mark.parametrize(
    ("capability", "precision", "device", "warned"),
    [
        ("AVX2", "bf16", "cpu", True), ("DEFAULT", "bf16", "cpu", True), ("AVX512", "bf16", "cpu", False), ("AVX2", "fp32", "cpu", False),
        ("AVX2", "bf16", "cuda", False),
    ],
)  # fmt: skip
def test_emulated_bf16_is_warned_of(monkeypatch: pytest.MonkeyPatch, capability: str, precision: str, device: str, warned: bool) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert (slow_precision(precision, device) is not None) == warned
