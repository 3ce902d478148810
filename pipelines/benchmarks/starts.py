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
        runs = _runs(data, folder)
        if picture:
            draw_comparison(
                {
                    name: (run.folder.path, run.metrics["training_examples"])
                    for name, run in runs.items()
                },
                picture,
                next(iter(runs.values())).task,
            )
    return [_row(name, run.metrics, say) for name, run in runs.items()]


def _runs(data: str, folder: str) -> dict[str, Finished]:
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
            runs[" from ".join(_start(finished))] = finished
    scratch = from_scratch(small, finished, os.path.join(folder, "scratch"))
    runs[f"{scratch.model} from scratch"] = _run(scratch)
    return runs


def _run(config: FinetuneConfig) -> Finished:
    return finetune_run(config, say=lambda line: None)


def _start(finished: Finished) -> tuple[str, str]:
    return finished.config.model, finished.config.weights


def _row(name: str, metrics: dict, say) -> dict:
    say(
        f"{name:36} {metrics['top1']:.1%} after {metrics['seconds']:.0f} s, "
        f"{metrics['epochs']} epochs"
    )
    kept = {key: metrics[key] for key in ("top1", "seconds", "epochs")}
    return {"start": name, **kept}
