"""Measures this project on this machine, as ratios in one run.

    python -m apps.benchmark step --model=resnet20

Subjects: `train` (our training loop against Keras's `fit`, with the networks
of keras.applications and a ResNet for CIFAR), `step` (the training step,
Keras's BatchNorm against the fused one, float32 against bfloat16), `transfer`
(fine-tuning on --data against Keras's `fit` as its guide shows it), `shots`
(what 1 to 100 pictures a class of --data are worth), `weights` (loading
--weights into --model: time and memory), `pipeline` (the training pictures of
--data: the JPEG decoder alone, ours, Keras's, keras-cv's and torch's),
`manifest` (10 thousand and 14 million pictures: opening, first batch, jump,
step, memory). Run nothing else
meanwhile. Exit codes: 0 done, 2 a wrong request, 4 a damaged file.
"""

import json

from absl import flags

from apps.command import check_new_file
from apps.command import launch
from apps.command import say

_BATCH = 128


def define_flags() -> None:
    flags.DEFINE_string("data", None, "Pictures, as apps.finetune takes them.")
    flags.DEFINE_string("model", "resnet20", "A model's name.")
    flags.DEFINE_integer("image_size", None, "In pixels; the model's own.")
    flags.DEFINE_list("models", None, "Only these networks of train.")
    flags.DEFINE_list("precisions", None, "Only these precisions of train.")
    flags.DEFINE_integer(
        "global_batch_size",
        None,
        "Pictures a step; 128, in train 8 at 224 px, where not given.",
        lower_bound=1,
    )
    flags.DEFINE_integer(
        "rounds", None, "Steps or turns timed of each.", lower_bound=1
    )
    flags.DEFINE_float("seconds", 3.0, "A turn of pipeline.", lower_bound=0.1)
    flags.DEFINE_list(
        "subjects", None, "Only these of pipeline, transfer or shots."
    )
    flags.DEFINE_string("torch_python", None, "An interpreter with torch.")
    flags.DEFINE_string("weights", None, "A weight file; one is made if none.")
    flags.DEFINE_string("output", None, "A JSON file for the results.")


def _step(values) -> dict:
    import zoo
    from pipelines.benchmarks.benchmark import benchmark_step

    results = benchmark_step(
        values.model,
        image_size=values.image_size or zoo.model_info(values.model).input_size,
        batch_size=values.global_batch_size or _BATCH,
        rounds=values.rounds or 20,
    )
    for row in results:
        say(
            f"{row['name']:18} {row['images_per_second']:10,.0f} images/s "
            f"{row['ratio_to_keras']:6.2f} x"
        )
    return {"results": results}


def _train(values) -> dict:
    from apps.command import Bar
    from pipelines.benchmarks.train import NETWORKS
    from pipelines.benchmarks.train import benchmark_train

    results = benchmark_train(
        values.models or tuple(NETWORKS),
        precisions=values.precisions or ("float32", "bfloat16"),
        image_size=values.image_size,
        batch_size=values.global_batch_size,
        rounds=values.rounds or 5,
        progress=Bar("measuring", "round"),
    )
    for row in results:
        say(
            f"{row['name']:32} {row['images_per_second']:10,.1f} images/s "
            f"{row['ratio_to_keras']:6.2f} x, traced in "
            f"{row['seconds_tracing']:.0f} s"
        )
    return {"results": results}


def _transfer(values) -> dict:
    from pipelines.benchmarks.transfer import TASKS
    from pipelines.benchmarks.transfer import benchmark_transfer

    wanted = _chosen(values, [task.name for task in TASKS])
    tasks = [task for task in TASKS if task.name in wanted]
    return benchmark_transfer(_data(values), tasks=tasks, say=say)


def _shots(values) -> dict:
    from pipelines.benchmarks.shots import WAYS
    from pipelines.benchmarks.shots import benchmark_shots

    ways = _chosen(values, WAYS)
    return {"results": benchmark_shots(_data(values), ways=ways, say=say)}


def _chosen(values, names) -> list[str]:
    """Returns what --subjects chooses among names: all where not given."""
    from zoo.errors import RequestError

    for subject in values.subjects or ():
        if subject not in names:
            raise RequestError(
                f"--subjects={subject} is not one of {', '.join(names)}."
            )
    return [name for name in names if name in (values.subjects or names)]


def _data(values) -> str:
    from zoo.errors import RequestError

    if not values.data:
        raise RequestError("This is measured on pictures. Give --data.")
    return values.data


def _weights(values) -> dict:
    from pipelines.benchmarks.weights import benchmark_loading

    found = benchmark_loading(
        values.model, values.weights, rounds=min(values.rounds or 3, 3)
    )
    extra = found["extra_mebibytes"]
    say(
        f"{found['model']} from {found['file']}, "
        f"{found['file_mebibytes']:.0f} MiB: {found['seconds']:.2f} s, "
        f"{'?' if extra is None else round(extra)} MiB above the model's "
        f"{found['model_mebibytes']:.0f} MiB"
    )
    return found


def _manifest(values) -> dict:
    from pipelines.benchmarks.manifest import benchmark_manifest

    results = benchmark_manifest()
    for row in results:
        say(
            f"{row['examples']:12,} pictures: open {row['open_seconds']:.1f} "
            f"s, first batch {row['first_batch_seconds']:.1f} s, jump "
            f"{row['jump_seconds']:.3f} s, step {row['step_seconds']:.4f} s, "
            f"peak {row['peak_gib']:.2f} GiB"
        )
    return {"results": results}


def _pipeline(values) -> dict:
    import sys

    from apps.command import Bar
    from pipelines.benchmarks import measuring

    results, skipped = measuring.benchmark_pipeline(
        measuring.Setting(
            _data(values),
            values.image_size or 224,
            values.global_batch_size or _BATCH,
        ),
        names=values.subjects or measuring.SUBJECTS,
        rounds=values.rounds or 5,
        seconds=values.seconds,
        torch_python=values.torch_python or sys.executable,
        progress=Bar("measuring", "turn"),
    )
    say(f"{'':16}{'images/s':>10}{'of limit':>10}{'CPU ms':>9}{'MiB':>8}")
    for row in results:
        say(
            f"{row['name']:16}{row['images_per_second']:10,.0f}"
            f"{row['ratio_to_limit']:10.2f}{row['cpu_milliseconds']:9.2f}"
            f"{row['memory_mib']:8,.0f}"
        )
    for name, reason in skipped.items():
        say(f"{name:16} not measured: {reason}")
    return {"results": results, "skipped": skipped}


# Each measures, prints a table and returns what --output holds.
SUBJECTS = {
    "train": _train,
    "pipeline": _pipeline,
    "step": _step,
    "shots": _shots,
    "transfer": _transfer,
    "weights": _weights,
    "manifest": _manifest,
}


def run(subjects: list[str]) -> None:
    from zoo.errors import RequestError

    if len(subjects) != 1 or subjects[0] not in SUBJECTS:
        raise RequestError(
            f"Expected one subject out of: {', '.join(SUBJECTS)}. "
            f"Received: {' '.join(subjects) or 'none'}"
        )
    values = flags.FLAGS
    if values.output:
        check_new_file(values.output)
    results = SUBJECTS[subjects[0]](values)
    if values.output:
        with open(values.output, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=2)


def cli() -> None:
    launch(run, define_flags, arguments=True)


if __name__ == "__main__":
    cli()
