"""A model that is ready to answer: how it reads and what computes."""

import dataclasses
import json
import pathlib

import numpy as np

import zoo
from pipelines.data.inspection.classification import Limits
from pipelines.data.orientations import IGNORE
from pipelines.data.orientations import UPRIGHT
from pipelines.evaluation.finite import check_finite
from pipelines.evaluation.saved_models import open_model
from pipelines.runs.lying import orientation_for
from pipelines.serving.engines import Engine
from pipelines.serving.engines import open_engine
from pipelines.serving.heat_maps import HeatMaps
from pipelines.serving.heat_maps import heat_maps_of
from pipelines.serving.reading import Reader
from pipelines.serving.settings import ServingConfig
from pipelines.serving.sources import SIGNATURE
from pipelines.tasks.sigmoid import sigmoid
from pipelines.tasks.softmax import softmax
from pipelines.tasks.table import kind_in
from pipelines.tasks.table import task_of_model
from pipelines.tasks.task import Task
from pipelines.waiting.work import work
from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.extras import installing
from zoo.preprocessing import Preprocessing

_LOGITS = "logits"


@dataclasses.dataclass(frozen=True, eq=False)
class Servable:
    """A model that is ready to answer.

    Args:
        task: What it has learned, which knows the names of its classes.
        reader: Frames pictures for the engine.
        engine: Computes.
        engine_name: Which one it is, for a person.
        heat: What draws where it looks; None of an exported folder.
    """

    task: Task
    reader: Reader
    engine: Engine
    engine_name: str
    heat: HeatMaps | None = None

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        """Returns the engine's answers, which are finite.

        Raises:
            IntegrityError: They are not.
        """
        found = np.asarray(self.engine(pictures), "float32")
        check_finite("the model", found)
        return found

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Returns what logits mean, in 0…1; of one class they sum to 1."""
        return sigmoid(logits) if self.task.several else softmax(logits)

    def warm_up(self, batches) -> None:
        """Has all read and computed once, in batches of some sizes.

        What is compiled by its first call keeps nobody waiting then.
        """
        side = self.reader.side
        with work("warming up"):
            self.reader.warm_up()
            for count in batches:
                self.logits(np.zeros((count, side, side, 3), "uint8"))


def open_servable(path: str, config: ServingConfig) -> Servable:
    """Opens what a person has of a model.

    Args:
        path: A run's folder, a `.keras` file, an exported folder, or a
            network's name.
        config: What the server was asked to do.

    Raises:
        RequestError: There is no such model, or it cannot be served.
        IntegrityError: A file is damaged.
    """
    if (pathlib.Path(path) / SIGNATURE).is_file():
        return _exported(pathlib.Path(path), config)
    model = open_model(path, config.weights)
    name, engine = open_engine(
        config.engine,
        model,
        batch=config.largest_batch,
        threads=config.threads_of_each,
    )
    reader = Reader(
        zoo.preprocessing(model),
        upright=orientation_for(path, config.orientation) == UPRIGHT,
        limits=limits_of(config),
    )
    return Servable(
        task_of_model(model), reader, engine, name, heat_maps_of(model)
    )


def limits_of(config: ServingConfig) -> Limits:
    """Returns what one picture may ask for."""
    return Limits(int(config.megapixels * 1e6), config.most_bytes)


def _exported(folder: pathlib.Path, config: ServingConfig) -> Servable:
    """Opens what `export` or `quantize` wrote, in its own runtime."""
    from pipelines.export.exporting import writer_of
    from pipelines.export.formats import PROGRAMS

    try:
        said = json.loads((folder / SIGNATURE).read_bytes())
        name, precision = said["format"], said["precision"]
        answer = said["output"]["name"]
        record = Preprocessing(**said["preprocessing"])
        task = _task(said)
        place = folder / said["model"] / "1"
        known = name in PROGRAMS
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(
            f"{folder / SIGNATURE} is not what an export writes ({error})."
        ) from error
    if not known or answer != _LOGITS:
        raise RequestError(
            f"`model={folder}` is written as {name} and answers {answer}. "
            f"Expected one of {', '.join(PROGRAMS)} that answers logits: "
            "export it again."
        )
    try:
        with work(f"opening {PROGRAMS[name].title}"):
            writer = writer_of(PROGRAMS[name])
            engine = writer.open_runtime(place, config.threads_of_each)
    except ImportError as error:
        raise RequestError(
            f"`model={folder}` is written for {PROGRAMS[name].title}, and "
            f"{error.name} is not there. Expected: {installing('export')}"
        ) from error
    reader = Reader(
        record,
        whole=True,
        upright=config.orientation != IGNORE,
        limits=limits_of(config),
    )
    return Servable(task, reader, engine, f"{name}, {precision}")


def _task(said: dict) -> Task:
    kind = kind_in(said)
    names = tuple(map(str, said["class_names"]))
    if kind.several:
        return kind(names, thresholds=tuple(said["thresholds"]))
    return kind(names)
