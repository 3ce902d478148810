"""Measures this project on this machine, as ratios in one run.

    zoo benchmark step --model=resnet20

Subjects: `train` (our training loop against Keras's `fit`, with the networks
of keras.applications and a ResNet for CIFAR), `step` (the training step,
Keras's BatchNorm against the fused one, float32 against bfloat16), `transfer`
(fine-tuning on --data against Keras's `fit` as its guide shows it), `shots`
(what 1 to 100 pictures a class of --data are worth), `starts` (fine-tuning on
--data from the weights that are chosen, from CIFAR-10's and from scratch, drawn
beside --output), `search` and `labels` (how many of the pictures nearest to
each of --data are of its class, and how many labels are doubted that were made
wrong), `weights` (loading --weights into --model: time and memory), `pipeline`
(the training pictures of --data: the JPEG decoder alone, ours, Keras's,
keras-cv's and torch's), `manifest` (10 thousand and 14 million pictures:
opening, first batch, jump, step, memory). Run nothing else meanwhile. Exit
codes: 0 done, 2 a wrong request, 4 a damaged file.
"""

import os

import zoo
from apps.bar import Bar
from apps.checks import check_data
from apps.command import check_new_file
from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.measuring import BATCH
from apps.measuring import ON_PICTURES
from apps.measuring import Measuring
from pipelines.benchmarks.names import PARTS
from pipelines.benchmarks.names import check_parts
from zoo.errors import RequestError
from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically


def check(asked: Measuring) -> None:
    if asked.output:
        check_new_file(asked.output)
    zoo.model_info(asked.model)
    if asked.subject in ON_PICTURES and not asked.data:
        raise RequestError("This is measured on pictures. Give `data`.")
    check_parts(
        asked.subject,
        subjects=asked.subjects,
        models=asked.models,
        precisions=asked.precisions,
    )
    if asked.data:
        check_data(asked.data)
    if asked.subject == "starts" and asked.output:
        check_new_file(_picture_beside(asked.output))


def _step(asked: Measuring) -> dict:
    from pipelines.benchmarks.step import benchmark_step

    results = benchmark_step(
        asked.model,
        image_size=asked.image_size or zoo.model_info(asked.model).input_size,
        batch_size=asked.global_batch_size or BATCH,
        rounds=asked.rounds or 20,
    )
    for each in results:
        say(
            f"{each['name']:18} {each['images_per_second']:10,.0f} images/s "
            f"{each['ratio_to_keras']:6.2f} x"
        )
    return {"results": results}


def _train(asked: Measuring) -> dict:
    from pipelines.benchmarks.keras_networks import NETWORKS
    from pipelines.benchmarks.train import benchmark_train

    results = benchmark_train(
        asked.models or tuple(NETWORKS),
        precisions=asked.precisions or ("float32", "bfloat16"),
        image_size=asked.image_size,
        batch_size=asked.global_batch_size,
        rounds=asked.rounds or 5,
        progress=Bar("measuring", "round"),
    )
    for each in results:
        say(
            f"{each['name']:32} {each['images_per_second']:10,.1f} images/s "
            f"{each['ratio_to_keras']:6.2f} x, traced in "
            f"{each['seconds_tracing']:.0f} s"
        )
    return {"results": results}


def _transfer(asked: Measuring) -> dict:
    from pipelines.benchmarks.transfer import TASKS
    from pipelines.benchmarks.transfer import benchmark_transfer

    wanted = asked.subjects or PARTS["transfer"]
    tasks = [task for task in TASKS if task.name in wanted]
    return benchmark_transfer(asked.data, tasks=tasks, say=tell)


def _shots(asked: Measuring) -> dict:
    from pipelines.benchmarks.shots import benchmark_shots

    ways = tuple(dict.fromkeys(asked.subjects)) or PARTS["shots"]
    return {"results": benchmark_shots(asked.data, ways=ways, say=tell)}


def _picture_beside(output: str) -> str:
    return os.path.splitext(output)[0] + ".png"


def _starts(asked: Measuring) -> dict:
    from pipelines.benchmarks.starts import benchmark_starts

    picture = asked.output and _picture_beside(asked.output)
    return {"results": benchmark_starts(asked.data, picture, say=say)}


def _features(asked: Measuring) -> dict:
    from pipelines.benchmarks import features

    measure = {
        "search": features.benchmark_search,
        "labels": features.benchmark_labels,
    }[asked.subject]
    return measure(asked.data, say=say, progress=Bar("features", "picture"))


def _weights(asked: Measuring) -> dict:
    from pipelines.benchmarks.weights import benchmark_loading

    found = benchmark_loading(
        asked.model, asked.weights, rounds=min(asked.rounds or 3, 3)
    )
    extra = found["extra_mebibytes"]
    say(
        f"{found['model']} from {found['file']}, "
        f"{found['file_mebibytes']:.0f} MiB: {found['seconds']:.2f} s, "
        f"{'?' if extra is None else round(extra)} MiB above the model's "
        f"{found['model_mebibytes']:.0f} MiB"
    )
    return found


def _manifest(asked: Measuring) -> dict:
    from pipelines.benchmarks.manifest import benchmark_manifest

    results = benchmark_manifest()
    for each in results:
        say(
            f"{each['examples']:12,} pictures: open {each['open_seconds']:.1f} "
            f"s, first batch {each['first_batch_seconds']:.1f} s, jump "
            f"{each['jump_seconds']:.3f} s, step {each['step_seconds']:.4f} s, "
            f"peak {each['peak_gib']:.2f} GiB"
        )
    return {"results": results}


def _pipeline(asked: Measuring) -> dict:
    import sys

    from pipelines.benchmarks import pipeline

    results, skipped = pipeline.benchmark_pipeline(
        pipeline.PipelineCase(
            asked.data,
            asked.image_size or 224,
            asked.global_batch_size or BATCH,
        ),
        names=asked.subjects or pipeline.SUBJECTS,
        rounds=asked.rounds or 5,
        seconds=asked.seconds,
        torch_python=asked.torch_python or sys.executable,
        progress=Bar("measuring", "turn"),
    )
    say(f"{'':16}{'images/s':>10}{'of limit':>10}{'CPU ms':>9}{'MiB':>8}")
    for each in results:
        say(
            f"{each['name']:16}{each['images_per_second']:10,.0f}"
            f"{each['ratio_to_limit']:10.2f}{each['cpu_milliseconds']:9.2f}"
            f"{each['memory_mib']:8,.0f}"
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
    "starts": _starts,
    "search": _features,
    "labels": _features,
    "weights": _weights,
    "manifest": _manifest,
}


def run(asked: Measuring) -> None:
    results = SUBJECTS[asked.subject](asked)
    if asked.output:
        write_atomically(asked.output, dumps(results, indent=2).encode())


def cli() -> None:
    launch(run, Measuring, word="subject", check=check)


if __name__ == "__main__":
    cli()
