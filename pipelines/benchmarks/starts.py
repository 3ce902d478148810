"""What a start is worth: fine-tuning from what is chosen, from less, from none.

Three runs on the same pictures: from the weights that are chosen where nobody
names any, from CIFAR-10's, which come with the package, and from scratch.
"""

import dataclasses
import os
import tempfile

from pipelines.evaluation.curves import draw_comparison
from pipelines.features.start import AT_HAND
from pipelines.runs.settings import AUTO
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning.comparison import from_scratch
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.finished import Finished

_KEPT = ("top1", "seconds", "epochs")


def benchmark_starts(data: str, picture=None, *, say=print) -> list[dict]:
    """Fine-tunes from each start, and draws all of them.

    Args:
        data: The pictures.
        picture: The PNG to write; none where None.
        say: Told a row at once when it is done.

    Returns:
        A row for each start: `start`, and `top1` (0…1), `seconds` and
        `epochs` of its run.
    """
    with tempfile.TemporaryDirectory() as folder:
        runs = _runs(data, folder, say)
        if picture:
            draw_comparison(
                {
                    name: (run.folder.path, run.metrics["training_examples"])
                    for name, run in runs.items()
                },
                picture,
                next(iter(runs.values())).task,
            )
    return [
        {"start": name, **{key: run.metrics[key] for key in _KEPT}}
        for name, run in runs.items()
    ]


def _runs(data: str, folder: str, say) -> dict[str, Finished]:
    chosen = FinetuneConfig(
        data=data,
        model=None,
        weights=AUTO,
        output=os.path.join(folder, "chosen"),
    )
    small = dataclasses.replace(
        chosen,
        model=AT_HAND.model,
        weights=AT_HAND.weights,
        output=os.path.join(folder, "small"),
    )
    runs = {}
    for config in (chosen, small):
        # Of small pictures both are the same.
        if (AT_HAND.model, AT_HAND.weights) not in map(_start, runs.values()):
            finished = _run(config)
            name = " from ".join(_start(finished))
            runs[name] = _told(name, finished, say)
    scratch = from_scratch(small, finished, os.path.join(folder, "scratch"))
    name = f"{scratch.model} from scratch"
    runs[name] = _told(name, _run(scratch), say)
    return runs


def _run(config: FinetuneConfig) -> Finished:
    return finetune_run(config, say=lambda line: None)


def _told(name: str, finished: Finished, say) -> Finished:
    """Tells of a run as soon as it has ended."""
    metrics = finished.metrics
    say(
        f"{name:36} {metrics['top1']:.1%} after {metrics['seconds']:.0f} s, "
        f"{metrics['epochs']} epochs"
    )
    return finished


def _start(finished: Finished) -> tuple[str, str]:
    return finished.config.model, finished.config.weights
