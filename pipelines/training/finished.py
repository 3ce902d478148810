"""What a run leaves behind, as its last step returns it or read back."""

import dataclasses
import json
import os
import pathlib
from collections.abc import Iterable

import keras
import numpy as np

from pipelines.data.orientations import UPRIGHT
from pipelines.data.sources.pictures_in import pictures_in
from pipelines.evaluation.answering import Asking
from pipelines.evaluation.answering import answer
from pipelines.evaluation.tta import NO_VIEWS
from pipelines.runs.config import RunConfig
from pipelines.runs.model_loading import load_model
from pipelines.runs.run_folder import CONFIG
from pipelines.runs.run_folder import HISTORY
from pipelines.runs.run_folder import METRICS
from pipelines.runs.run_folder import REPORT
from pipelines.runs.run_folder import RunFolder
from pipelines.tasks.table import task_of_model
from pipelines.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Finished:
    """What a run leaves.

    Args:
        config: What was done, with all defaults filled in.
        model: As it is saved: float32, plain Keras, with its class names and
            its preprocessing.
        history: The logs of each epoch.
        metrics: `examples`, `loss` and the task's metrics (`top1`, `top5`)
            on the held-out part, `seconds`, `epochs`, `training_examples`.
        logits: What the model returns of the held-out part; of a classifier
            float32 `(examples, classes)`.
        folder: Where everything lies.
        task: What was learned.
    """

    config: RunConfig
    model: keras.Model
    history: list[dict]
    metrics: dict
    logits: np.ndarray
    folder: RunFolder
    task: Task

    def predict(
        self,
        pictures: str | os.PathLike | Iterable[str | os.PathLike],
        top: int | None = None,
        *,
        threshold: float | None = None,
        tta: str = NO_VIEWS,
    ) -> dict[str, list]:
        """Returns what the model says of pictures, the likeliest first.

        Args:
            pictures: A path or several: of files, of folders of them, and
                patterns such as `"new/**/*.jpg"`.
            top: How many answers at most, as `predict` of
                `pipelines.evaluation.prediction` has it.
            threshold: The least probability of the likeliest class; below it
                nothing is said of the picture. Of one class a picture only.
            tta: Which views of each picture are averaged.

        Returns:
            The answers by the path of each picture, each with `name` and
            `probability`; none of a picture that the model is not sure of.

        Raises:
            RequestError: There is no such picture, or the threshold has no
                meaning.
            DataError: A picture cannot be decoded.
        """
        if isinstance(pictures, (str, os.PathLike)):
            pictures = [pictures]
        upright = self.config.orientation == UPRIGHT
        asking = Asking(top, threshold, tta, upright=upright)
        found = (
            answer(self.model, picture, asking)
            for picture in pictures_in([os.fspath(each) for each in pictures])
        )
        return {
            each.picture: each.answers if each.sure else [] for each in found
        }

    @property
    def report(self) -> pathlib.Path:
        """The page to look at."""
        return self.folder.path / REPORT


def finished_run(config: RunConfig) -> Finished:
    """Reads back what a run left in its folder, all but the logits.

    Args:
        config: Names the folder; of the same kind as the run's own.

    Raises:
        RequestError: There is no finished run.
        IntegrityError: Its model is damaged.
    """
    folder = RunFolder(config.output, finished=True)
    held = json.loads((folder.path / CONFIG).read_bytes())
    model = load_model(folder.path)
    return Finished(
        type(config).from_dict(held),
        model,
        json.loads((folder.path / HISTORY).read_bytes()),
        json.loads((folder.path / METRICS).read_bytes()),
        np.zeros((0, *model.output_shape[1:]), "float32"),
        folder,
        task_of_model(model),
    )
