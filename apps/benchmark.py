"""Measures this project on this machine, as ratios in one run.

    zoo benchmark step --model=resnet20

Subjects: `train` (our training loop against Keras's `fit`, with the networks
of keras.applications and a ResNet for CIFAR), `step` (the training step,
Keras's BatchNorm against the fused one, float32 against bfloat16), `transfer`
(fine-tuning on --data against Keras's `fit` as its guide shows it), `shots`
(what 1 to 100 pictures a class of --data are worth), `starts` (fine-tuning on
--data from the weights that are chosen, from CIFAR-10's and from scratch, drawn
beside --output), `ensembles` (five runs on --data, one by one and as one
model), `search` and `labels` (how many of the pictures nearest to
each of --data are of its class, and how many labels are doubted that were made
wrong), `calibration` (how sure CIFAR-10's ResNet-20 is on --data),
`explanations` (how true the maps are that --model, which has learned, draws of
--data, and how long they take), `weights` (loading --weights into --model: time
and memory), `pipeline` (the training pictures of --data: the JPEG decoder
alone, ours, Keras's, keras-cv's and torch's), `manifest` (10 thousand and 14
million pictures: opening to step), `export` (--model in every format: size,
top-1 on --data, time against Keras compiled), `parity` (how far networks in
these are off), `serving` (what --model answers over HTTP to 16 clients on this
machine). Run nothing else meanwhile. Exit codes: 0 done, 2 a wrong
request, 4 a damaged file.
"""

import zoo
from apps.bar import Bar
from apps.checks import check_data
from apps.checks import check_model
from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.measuring import BATCH
from apps.measuring import ON_PICTURES
from apps.measuring import Measuring
from apps.new_places import check_new_file
from pipelines.benchmarks.names import PARITY
from pipelines.benchmarks.names import PARTS
from pipelines.benchmarks.names import check_parts
from pipelines.benchmarks.names import picture_beside
from zoo.errors import RequestError
from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically


def check(asked: Measuring) -> None:
    if asked.output:
        check_new_file(asked.output)
    if asked.subject == "explanations":
        check_model(asked.model, asked.weights)
    elif asked.subject != "serving":
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
        check_new_file(picture_beside(asked.output))


def _all_told(results: list[dict], told) -> dict:
    for each in results:
        say(told(each))
    return {"results": results}


def _step(asked: Measuring) -> dict:
    from pipelines.benchmarks import step

    results = step.benchmark_step(
        asked.model,
        image_size=asked.image_size or zoo.model_info(asked.model).input_size,
        batch_size=asked.global_batch_size or BATCH,
        rounds=asked.rounds or 20,
    )
    return _all_told(results, step.told)


def _train(asked: Measuring) -> dict:
    from pipelines.benchmarks import train
    from pipelines.benchmarks.keras_networks import NETWORKS

    results = train.benchmark_train(
        asked.models or tuple(NETWORKS),
        precisions=asked.precisions or ("float32", "bfloat16"),
        image_size=asked.image_size,
        batch_size=asked.global_batch_size,
        rounds=asked.rounds or 5,
        progress=Bar("measuring", "round"),
    )
    return _all_told(results, train.told)


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


def _starts(asked: Measuring) -> dict:
    from pipelines.benchmarks.starts import benchmark_starts

    picture = asked.output and picture_beside(asked.output)
    return {"results": benchmark_starts(asked.data, picture, say=say)}


def _ensembles(asked: Measuring) -> dict:
    from pipelines.benchmarks.ensembles import benchmark_ensembles

    return {"results": benchmark_ensembles(asked.data, say=say)}


def _features(asked: Measuring) -> dict:
    from pipelines.benchmarks import calibration
    from pipelines.benchmarks import features

    measure = {
        "search": features.benchmark_search,
        "labels": features.benchmark_labels,
        "calibration": calibration.benchmark_calibration,
    }[asked.subject]
    return measure(asked.data, say=say, progress=Bar("pictures", "picture"))


def _explanations(asked: Measuring) -> dict:
    from pipelines.benchmarks.explanations import benchmark_explanations

    return benchmark_explanations(
        asked.model,
        asked.weights,
        asked.data,
        methods=asked.subjects,
        rounds=asked.rounds or 5,
        say=say,
    )


def _weights(asked: Measuring) -> dict:
    from pipelines.benchmarks import weights

    found = weights.benchmark_loading(
        asked.model, asked.weights, rounds=min(asked.rounds or 3, 3)
    )
    say(weights.told(found))
    return found


def _manifest(asked: Measuring) -> dict:
    from pipelines.benchmarks import manifest

    results = manifest.benchmark_manifest()
    return _all_told(results, manifest.told)


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
    say(pipeline.as_table(results, skipped))
    return {"results": results, "skipped": skipped}


def _export(asked: Measuring) -> dict:
    from pipelines.benchmarks import export
    from pipelines.evaluation.saved_models import open_model

    names = asked.subjects or PARTS[asked.subject]
    if asked.subject == "parity":
        models = asked.models or PARITY
        return {
            "results": export.benchmark_parity(models, names=names, say=say)
        }
    model = open_model(asked.model, asked.weights or "cifar10")
    pictures = {"data": asked.data, "calibration": asked.calibration}
    rounds = asked.rounds or 10
    results = export.benchmark_export(
        model, **pictures, names=names, rounds=rounds, say=say
    )
    return {"results": results}


def _serving(asked: Measuring) -> dict:
    from pipelines.benchmarks import serving

    case = serving.ServingCase(
        serving.words_for(asked.model, asked.weights, asked.engine),
        asked.data,
        seconds=asked.seconds,
        minutes=asked.minutes,
    )
    return serving.benchmark_serving(case, say)


# Each measures, prints a table and returns what --output holds.
SUBJECTS = {
    "train": _train,
    "pipeline": _pipeline,
    "step": _step,
    "shots": _shots,
    "transfer": _transfer,
    "starts": _starts,
    "ensembles": _ensembles,
    "search": _features,
    "labels": _features,
    "calibration": _features,
    "explanations": _explanations,
    "weights": _weights,
    "manifest": _manifest,
    "export": _export,
    "parity": _export,
    "serving": _serving,
}


def run(asked: Measuring) -> None:
    results = SUBJECTS[asked.subject](asked)
    if asked.output:
        write_atomically(asked.output, dumps(results, indent=2).encode())


def cli() -> None:
    launch(run, Measuring, word="subject", check=check)


if __name__ == "__main__":
    cli()
