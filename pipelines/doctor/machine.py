"""What the machine has: processors, memory, libraries."""

import importlib.metadata
import pathlib
import platform
import shlex
import shutil
import subprocess

import tensorflow as tf
from packaging.requirements import Requirement

from pipelines.data.memory import memory_here
from pipelines.data.tf_data import processors
from pipelines.doctor.findings import Finding
from zoo.extras import installing

PACKAGE = "keras-zoo"
_CPU_INFO = pathlib.Path("/proc/cpuinfo")
_NVIDIA = pathlib.Path("/dev/nvidia0")
# What makes training on a processor quick: /proc/cpuinfo's word, and ours.
_SETS = {
    "amx_bf16": "AMX",
    "avx512_bf16": "AVX512-BF16",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
}
_GIB = 2**30


def check_processor() -> Finding:
    """Says what the host computes with."""
    cores = processors()
    words = _CPU_INFO.read_text().split() if _CPU_INFO.is_file() else []
    sets = [name for word, name in _SETS.items() if word in words]
    memory = memory_here()
    text = (
        f"{cores} core(s), {', '.join(sets) or 'no AVX2'}, "
        f"{memory.free / _GIB:.1f} of {memory.total / _GIB:.1f} GiB free"
    )
    return Finding(
        "processor",
        text,
        values={
            "cores": cores,
            "instruction_sets": sets,
            "memory_bytes": memory.total,
            "free_memory_bytes": memory.free,
        },
    )


def check_gpus() -> Finding:
    """Says which GPUs TensorFlow sees, and fails where it misses them."""
    found = tf.config.list_physical_devices("GPU")
    if not found and _NVIDIA.exists():
        return Finding(
            "GPUs",
            f"there is {_NVIDIA}, but TensorFlow sees no GPU: install its "
            f"CUDA libraries with {installing('gpu')}",
            ok=False,
            values={"gpus": []},
        )
    if not found:
        return Finding("GPUs", "none", values={"gpus": []})
    details = [tf.config.experimental.get_device_details(g) for g in found]
    names = [each.get("device_name", "unknown") for each in details]
    text = f"{len(found)} x {', '.join(sorted(set(names)))}"
    memory = _gpu_memory()
    if memory:
        text += f", memory {memory}"
    return Finding("GPUs", text, values={"gpus": names, "memory": memory})


def _gpu_memory() -> str:
    """Free and whole memory, which TensorFlow tells only after taking it."""
    if shutil.which("nvidia-smi") is None:
        return ""
    try:
        done = subprocess.run(
            [
                "nvidia-smi",
                "--query-gpu=memory.free,memory.total",
                "--format=csv,noheader",
            ],
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.strip().splitlines() if not done.returncode else []
    return "; ".join(line.replace(", ", " free of ") for line in lines)


def check_tf32() -> Finding:
    """States whether float32 is computed with TF32's 10 bits of mantissa."""
    allowed = tf.config.experimental.tensor_float_32_execution_enabled()
    gpus = tf.config.list_physical_devices("GPU")
    used = allowed and any(
        tf.config.experimental.get_device_details(gpu).get(
            "compute_capability", (0,)
        )[0]
        >= 8
        for gpu in gpus
    )
    text = (
        "float32 convolutions and products are rounded to TF32 on the GPU"
        if used
        else "not used: float32 is float32"
    )
    return Finding("TF32", text, values={"used": used, "allowed": allowed})


def check_versions() -> Finding:
    """Compares the libraries with what the package asks for."""
    python = platform.python_version()
    try:
        wanted = importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        return Finding(
            "versions",
            f"Python {python}; {PACKAGE} is not installed, so nothing says "
            "what it needs: pip install -e . in its folder",
            ok=False,
        )
    versions, wrong, needed = {"python": python}, [], []
    for requirement in map(Requirement, wanted):
        if requirement.marker and not requirement.marker.evaluate(
            {"extra": ""}
        ):
            continue
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            found = None
        versions[requirement.name] = found
        if found is None or not requirement.specifier.contains(
            found, prereleases=True
        ):
            wrong.append(f"{requirement.name} {found or 'missing'}")
            needed.append(f"{requirement.name}{requirement.specifier}")
    shown = ", ".join(
        f"{name} {versions.get(name)}"
        for name in ("python", "tensorflow", "keras", "numpy")
    )
    if wrong:
        shown = (
            f"not as asked for: {', '.join(wrong)}: pip install "
            f"--upgrade {shlex.join(needed)}"
        )
    return Finding("versions", shown, ok=not wrong, values=versions)
