"""What the machine has, and what is said where something is missing."""

import importlib.metadata
import subprocess

import pytest

from pipelines.doctor import machine
from pipelines.doctor.findings import Finding


def test_a_finding_is_a_line():
    assert str(Finding("disk", "fast")) == "ok      disk         fast"
    failed = Finding("disk", "full", ok=False, values={"free_bytes": 0})
    assert str(failed) == "FAILED  disk         full"
    assert failed.as_dict() == {
        "name": "disk",
        "text": "full",
        "ok": False,
        "values": {"free_bytes": 0},
    }


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("flags : fpu avx2 avx512f amx_bf16", ["AMX", "AVX-512", "AVX2"]),
        ("flags : fpu avx2 avx512vl", ["AVX2"]),
        ("flags : fpu", []),
    ],
)
def test_the_processor(tmp_path, monkeypatch, words, named):
    monkeypatch.setattr(machine, "_CPU_INFO", tmp_path / "cpuinfo")
    (tmp_path / "cpuinfo").write_text(words)
    found = machine.check_processor()
    assert found.ok and found.values["instruction_sets"] == named
    assert found.values["cores"] >= 1
    assert 0 < found.values["free_memory_bytes"] < found.values["memory_bytes"]
    assert (", ".join(named) or "no AVX2") in found.text


@pytest.fixture
def gpus(monkeypatch):
    """Makes TensorFlow see GPUs of a name and compute capability."""

    def see(*names, capability=(8, 0)):
        config = machine.tf.config
        details = {"device_name": names[0] if names else None}
        details["compute_capability"] = capability
        monkeypatch.setattr(
            config, "list_physical_devices", lambda kind: list(names)
        )
        monkeypatch.setattr(
            config.experimental, "get_device_details", lambda gpu: details
        )

    return see


def test_gpus_that_are_seen(gpus, monkeypatch):
    gpus("H200", "H200")
    monkeypatch.setattr(machine, "_gpu_memory", lambda: "1 GiB")
    found = machine.check_gpus()
    assert found.ok and found.text == "2 x H200, memory 1 GiB"


@pytest.mark.parametrize("there", [True, False])
def test_gpus_that_are_not_seen(gpus, monkeypatch, tmp_path, there):
    gpus()
    monkeypatch.setattr(machine, "_NVIDIA", tmp_path / "nvidia0")
    if there:
        (tmp_path / "nvidia0").touch()
    found = machine.check_gpus()
    assert found.ok is not there
    assert ("pip install 'tensorflow[and-cuda]>=2" in found.text) is there


@pytest.mark.parametrize(
    ("code", "out", "text"),
    [
        (0, "90 MiB, 100 MiB\n80 MiB, 100 MiB\n", "90 MiB free of 100 MiB; "),
        (9, "no driver", ""),
    ],
)
def test_memory_of_gpus(monkeypatch, code, out, text):
    done = subprocess.CompletedProcess([], code, out, "")
    monkeypatch.setattr(machine.shutil, "which", lambda name: name)
    monkeypatch.setattr(machine.subprocess, "run", lambda *_, **__: done)
    found = machine._gpu_memory()
    assert found.startswith(text) and bool(found) is bool(text)


@pytest.mark.parametrize(
    ("names", "capability", "used"),
    [(("A100",), (8, 0), True), (("V100",), (7, 0), False), ((), (), False)],
)
def test_tf32_is_stated(gpus, names, capability, used):
    gpus(*names, capability=capability)
    found = machine.check_tf32()
    assert found.ok and found.values == {"used": used, "allowed": True}
    assert ("rounded to TF32" in found.text) is used


def test_the_versions_here_are_those_asked_for():
    found = machine.check_versions()
    assert found.ok, found.text
    assert found.values["tensorflow"] == importlib.metadata.version(
        "tensorflow"
    )
    # What only an extra asks for is not needed.
    assert "jax" not in found.values


def test_versions_that_are_not_asked_for(monkeypatch):
    wanted = ["numpy>=99", "no-such-thing", "keras>=3", 'jax>=99; extra=="dev"']
    monkeypatch.setattr(
        machine.importlib.metadata, "requires", lambda name: wanted
    )
    found = machine.check_versions()
    numpy = importlib.metadata.version("numpy")
    assert not found.ok
    assert found.text == (
        f"not as asked for: numpy {numpy}, no-such-thing missing: pip install "
        "--upgrade 'numpy>=99' no-such-thing"
    )


def test_a_package_that_is_not_installed(monkeypatch):
    monkeypatch.setattr(machine, "PACKAGE", "no-such-package")
    found = machine.check_versions()
    assert not found.ok and "pip install -e ." in found.text
