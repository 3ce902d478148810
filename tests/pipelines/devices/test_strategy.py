"""Which precision a device is quick at."""

import pytest

from pipelines.devices import strategy


@pytest.mark.parametrize(
    ("flags", "precision"),
    [
        ("fpu avx512f amx_bf16 amx_tile", "bfloat16"),
        ("fpu avx512f avx512_bf16", "bfloat16"),
        ("fpu avx2 avx512f", "float32"),
        ("fpu not_amx_bf16", "float32"),
    ],
)
def test_processors_with_instructions_for_bfloat16(
    tmp_path, monkeypatch, flags, precision
):
    cpu = tmp_path / "cpuinfo"
    cpu.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(strategy, "_PROCESSOR", cpu)
    assert strategy.quick_precision() == precision


def test_a_system_that_says_nothing_of_its_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(strategy, "_PROCESSOR", tmp_path / "nothing")
    assert strategy.quick_precision() == "float32"
