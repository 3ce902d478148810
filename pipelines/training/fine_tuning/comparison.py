"""What the weights are worth: the same run with them and from scratch."""

import pathlib

import matplotlib.image
import numpy as np
import tensorflow as tf

from pipelines.evaluation.curves import draw_comparison
from pipelines.runs.modes import COMPARE
from pipelines.runs.modes import refuse_unused
from pipelines.runs.options import RunOptions
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import RunFolder
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.fine_tuning.several_runs import open_several
from pipelines.training.finished import Finished
from pipelines.training.finished import finished_run
from zoo.errors import RequestError

PICTURE = "comparison.png"


def compare_with_scratch(
    config: FinetuneConfig,
    *,
    options: RunOptions | None = None,
    say=print,
    progress=None,
) -> dict[str, Finished]:
    """Fine-tunes, then trains the same network from scratch as long.

    The runs lie in `pretrained` and `scratch` of the output folder, with
    `comparison.png`: accuracy over time and over pictures seen. TensorBoard
    shows both runs and the picture.

    Args:
        config: What is asked for; its output is the folder of both runs.
        options: How the runs are carried out; with `resume`, one that is
            done is not done again.
        say: Tells a person something in one line.
        progress: Called with the numbers of pictures done and in all.

    Raises:
        RequestError: There are no weights to compare, or what
            `finetune_run` raises.
    """
    refuse_unused(config, COMPARE)
    if config.weights is None:
        raise RequestError(
            "`compare_scratch` compares a run from weights with one without. "
            "Give `weights`."
        )
    options = options or RunOptions()
    watching = {"say": say, "progress": progress}

    def run(part: FinetuneConfig) -> Finished:
        if options.resume and (pathlib.Path(part.output) / METRICS).is_file():
            say(f"{part.output} is done already")
            return finished_run(part)
        return finetune_run(part, options=options, **watching)

    what = "compare_scratch"
    with open_several(config, options, what, **watching) as folder:
        # Two curves are compared, and a probe has none.
        first = run(
            config.resolved(output=str(folder.path / "pretrained"), probe=False)
        )
        second = run(from_scratch(config, first, str(folder.path / "scratch")))
        runs = {"pretrained": first, "scratch": second}
        _put_together(folder, runs)
    return runs


def _put_together(folder: RunFolder, runs: dict[str, Finished]) -> None:
    """Writes what both runs say together; the metrics come last."""
    draw_comparison(
        {
            name: (run.folder.path, run.metrics["training_examples"])
            for name, run in runs.items()
        },
        folder.path / PICTURE,
        runs["pretrained"].task,
    )
    _show(folder.path)
    folder.write_json(METRICS, {n: run.metrics for n, run in runs.items()})


def from_scratch(
    config: FinetuneConfig, finished: Finished, output: str
) -> FinetuneConfig:
    """Returns the configuration of the run without weights.

    Args:
        config: Of the run with weights.
        finished: That run: as many epochs, the same network and size.
        output: The folder of the run without.
    """
    model = finished.model
    return config.resolved(
        output=output,
        model=finished.config.model,
        weights=None,
        plan=None,
        wise_ft=None,
        learning_rate=None,
        stage_lr_decay=None,
        freeze_batch_norm=False,
        epochs=max(1, len(finished.history)),
        image_size=model.input.shape[1],
        train_size=finished.config.train_size,
    )


def _show(folder: pathlib.Path) -> None:
    """Puts the picture among TensorBoard's images."""
    pixels = matplotlib.image.imread(folder / PICTURE)[..., :3]
    pixels = np.round(pixels * 255).astype("uint8")
    writer = tf.summary.create_file_writer(str(folder / "comparison"))
    with writer.as_default(step=0):
        tf.summary.image("accuracy", pixels[np.newaxis])
    writer.close()
