"""Which precision a device is quick at, and which hosts compute together."""

import json

import pytest

from pipelines.devices import strategy
from zoo.errors import RequestError


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


@pytest.fixture
def around(monkeypatch):
    """Returns a function: sets variables of a cluster, and no others."""
    for name in ("TF_CONFIG", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)

    def put(**variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return put


@pytest.mark.parametrize("cluster", ["auto", "tf_config"])
@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "3",
        "null",
        "{",
        '"worker"',
        '{"cluster": []}',
        '{"cluster": null}',
        '{"cluster": {"worker": 3}}',
        '{"cluster": {"worker": "a:1"}}',
        "[" * 100_000,
    ],
    ids=str,
)
def test_a_tf_config_that_is_none_is_one_line(around, cluster, text):
    around(TF_CONFIG=text)
    with pytest.raises(RequestError, match="variable TF_CONFIG is no") as said:
        strategy._resolver(cluster)
    assert "\n" not in str(said.value) and len(str(said.value)) < 500


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ({"type": "worker", "index": 2}, "this is process worker 2, and"),
        ({"type": "chief", "index": 0}, "those of the cluster are 2 worker"),
        ({"type": "worker", "index": "one"}, "invalid literal"),
        ({"type": "worker"}, "this is process worker None"),
        ([], "this is process None None"),
        (3, "not iterable|not a container"),
    ],
    ids=str,
)
def test_a_process_that_is_none_of_the_cluster(around, task, said):
    config = {"cluster": {"worker": ["a:1", "b:1"]}, "task": task}
    around(TF_CONFIG=json.dumps(config))
    with pytest.raises(RequestError, match=said):
        strategy._resolver("auto")


@pytest.mark.parametrize("number", ["two", "2.5", "-1", "2(x3)"])
def test_numbers_of_slurm_that_are_none(around, number):
    around(SLURM_STEP_NUM_TASKS=number)
    with pytest.raises(RequestError, match="SLURM_STEP_NUM_TASKS holds no wh"):
        strategy._resolver("auto")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROCID", "first"),
        ("PROCID", "7"),
        ("STEP_NODELIST", "a[1-"),
        ("STEP_TASKS_PER_NODE", "one"),
        ("STEP_TASKS_PER_NODE", "5"),
    ],
)
def test_what_else_slurm_says_is_one_line(around, name, value):
    usual = {
        "STEP_NUM_TASKS": "2",
        "PROCID": "0",
        "STEP_NODELIST": "a,b",
        "STEP_TASKS_PER_NODE": "1(x2)",
        name: value,
    }
    around(**{f"SLURM_{key}": usual[key] for key in usual})
    around(CUDA_VISIBLE_DEVICES="0")
    with pytest.raises(RequestError, match="finds no cluster around") as said:
        strategy._resolver("slurm")
    assert "\n" not in str(said.value)


def test_empty_variables_say_nothing(around):
    around(TF_CONFIG="", SLURM_STEP_NUM_TASKS="")
    assert strategy._resolver("auto") is None
