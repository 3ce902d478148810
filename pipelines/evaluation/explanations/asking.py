"""Explaining files of pictures: what is asked, drawn and measured."""

import dataclasses
from collections.abc import Sequence

import numpy as np

import zoo
from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.faithfulness.figures import Figures
from pipelines.evaluation.explanations.faithfulness.figures import figures
from pipelines.evaluation.explanations.names import fitting
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.pictures import seen_pictures
from pipelines.evaluation.explanations.targets import Target
from pipelines.evaluation.explanations.targets import target_of
from pipelines.evaluation.prediction import encoded_picture
from zoo.errors import DataError
from zoo.weights.atomic import replacing


@dataclasses.dataclass(frozen=True)
class Question:
    """What is asked of pictures.

    Args:
        methods: Names out of `pipelines.evaluation.explanations.names`; those
            that a network has nothing for are left out.
        name: Of the class; each picture's likeliest one where None.
        against: Of the class that it is not, or None.
        measured: Whether the maps are measured as well.
        upright: Whether pictures are turned as their EXIF asks for.
        seed: Of all that is drawn by chance.
    """

    methods: tuple[str, ...]
    name: str | None = None
    against: str | None = None
    measured: bool = True
    upright: bool = True
    seed: int = 0


@dataclasses.dataclass(frozen=True, eq=False)
class Explained:
    """Pictures that have been explained.

    Args:
        network: Which was asked.
        names: Of the files.
        pixels: What it sees of them, uint8 `(pictures, height, width, 3)`.
        logits: What it says of them.
        target: What was asked.
        maps: By the method's name, as `explain` returns them.
        figures: Of each method; empty where nothing was measured.
        bad: What is wrong with pictures that could not be read.
    """

    network: ExplainedNetwork
    names: tuple[str, ...]
    pixels: np.ndarray
    logits: np.ndarray
    target: Target
    maps: dict[str, np.ndarray]
    figures: dict[str, Figures]
    bad: tuple[str, ...] = ()

    def save_maps(self, path) -> None:
        """Writes the maps as numbers, whole or not at all.

        Args:
            path: A file that `numpy.load` reads: an array a method, and
                `pictures`, the names.

        Raises:
            OSError: The disk is full or the folder cannot be written.
        """
        with replacing(path) as temporary, open(temporary, "xb") as file:
            np.savez(file, pictures=np.array(self.names, "str"), **self.maps)


def explain_files(
    network: ExplainedNetwork, files: Sequence[str], question: Question
) -> Explained:
    """Draws the maps of files, and measures them.

    Args:
        network: Which is asked.
        files: Paths of pictures.
        question: What is asked.

    Raises:
        RequestError: There is no such file or class.
        DataError: None of them can be decoded.
    """
    names, encoded, bad = [], [], []
    for file in files:
        try:
            encoded.append(encoded_picture(file))
            names.append(file)
        except DataError as error:
            bad.append(str(error).rstrip("."))
    if not names:
        raise DataError(f"{'; '.join(bad)}.")
    record = zoo.preprocessing(network.model)
    pixels = seen_pictures(encoded, record, question.upright)
    logits = network.logits(pixels)
    target = target_of(network.model, logits, question.name, question.against)
    is_transformer = network.stage.grid is not None
    methods = fitting(question.methods, is_transformer)
    maps = explain(network, pixels, target, methods, question.seed)
    return Explained(
        network,
        tuple(names),
        pixels,
        logits,
        target,
        maps,
        figures(network, pixels, target, maps, question.seed)
        if question.measured
        else {},
        tuple(bad),
    )
