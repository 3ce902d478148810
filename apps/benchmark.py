"""Measures this project on this machine, as ratios in one run.

    python -m apps.benchmark step --model=resnet20

Subjects: `step` (the training step, Keras's BatchNorm against the fused one,
float32 against bfloat16), `transfer` (fine-tuning on --data against Keras's
`fit` as its guide shows it). Run nothing else meanwhile. Exit codes: 0 done, 2 a
wrong request.
"""

import json

from absl import flags

from apps.command import check_new_file
from apps.command import launch
from apps.command import say


def define_flags() -> None:
    flags.DEFINE_string("data", None, "Pictures, as apps.finetune takes them.")
    flags.DEFINE_string("model", "resnet20", "A model's name.")
    flags.DEFINE_integer("image_size", None, "In pixels; the model's own.")
    flags.DEFINE_integer(
        "global_batch_size", 128, "Pictures a step.", lower_bound=1
    )
    flags.DEFINE_integer("rounds", 20, "Steps timed.", lower_bound=1)
    flags.DEFINE_string("output", None, "A JSON file for the results.")


def _step(values) -> dict:
    import zoo
    from pipelines.training.benchmark import benchmark_step

    results = benchmark_step(
        values.model,
        image_size=values.image_size or zoo.model_info(values.model).input_size,
        batch_size=values.global_batch_size,
        rounds=values.rounds,
    )
    for row in results:
        say(
            f"{row['name']:18} {row['images_per_second']:10,.0f} images/s "
            f"{row['ratio_to_keras']:6.2f} x"
        )
    return {"results": results}


def _transfer(values) -> dict:
    from pipelines.training.benchmark_transfer import benchmark_transfer

    return benchmark_transfer(_data(values), say=say)


def _data(values) -> str:
    from zoo.errors import RequestError

    if not values.data:
        raise RequestError("This is measured on pictures. Give --data.")
    return values.data


# Each measures, prints a table and returns what --output holds.
SUBJECTS = {"step": _step, "transfer": _transfer}


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
