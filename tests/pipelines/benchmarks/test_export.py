"""What is told of exported models is what was measured of them."""

import time

import numpy as np
import pytest

import zoo
from pipelines.benchmarks import export
from pipelines.benchmarks.names import PARITY
from pipelines.export.program import make_program


def test_networks_of_the_parity_table_are_one_of_each_family():
    families = {zoo.model_info(name).family for name in PARITY}
    assert families == {
        zoo.model_info(name).family for name in zoo.list_models()
    }


def test_ratios_are_those_of_the_same_round(tiny):
    """A runtime that waits three times as long as another."""

    def waiting(seconds):
        def call(pictures):
            time.sleep(seconds * len(pictures) ** 0)
            return np.zeros(1)

        return call

    runtimes = {
        "keras_compiled": waiting(0.006),
        "onnx_float32": waiting(0.012),
        "onnx_int8": waiting(0.002),
    }
    program = make_program(tiny())
    times = export.take_turns_calling(program, runtimes, rounds=3)
    assert all(len(times[name][1]) == 3 for name in runtimes)
    found = export._summary("onnx_int8", times)
    assert found["x_keras_1"] == pytest.approx(3, rel=0.4)
    assert found["x_float32_1"] == pytest.approx(6, rel=0.4)
    assert "x_float32_1" in found and found["ms_1"] >= 2


def test_a_row_a_format(tiny, picture_folder):
    said = []
    model = tiny(("blue", "green", "red"))
    rows = export.benchmark_export(
        model,
        data=str(picture_folder),
        names=("savedmodel_float32",),
        rounds=1,
        say=said.append,
    )
    assert [row["name"] for row in rows] == [
        *("keras", "keras_compiled", "savedmodel_float32"),
    ]
    assert rows[2]["agreement"] == 100 and rows[2]["pictures"] == 6
    assert rows[2]["x_float32_1"] == 1 and rows[2]["ms_16"] > 0
    weights = 4e-6 * model.count_params()
    assert weights < rows[2]["megabytes"]
    assert len(said) == 3 and said[2].startswith("savedmodel_float32")


def test_parity_is_a_table_with_reasons(monkeypatch):
    said = []
    rows = export.benchmark_parity(
        ("alexnet_cifar",), names=("savedmodel_float32",), say=said.append
    )
    assert rows[0]["largest_error"] < 1e-5 and rows[0]["size"] > 1
    assert said[0] == "| network | savedmodel_float32 |"

    def refuse(*_):
        raise ValueError("no\nsuch layer")

    monkeypatch.setattr("pipelines.export.writers.savedmodel.write", refuse)
    (row,) = export.benchmark_parity(
        ("alexnet_cifar",), names=("savedmodel_float32",), say=said.append
    )
    assert row["refused"] == "no such layer"
    assert said[-1] == "| alexnet_cifar | no such layer |"
