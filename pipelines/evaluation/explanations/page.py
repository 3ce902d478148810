"""The page that shows why a network says what it says."""

import dataclasses

import numpy as np

import zoo
from pipelines.evaluation.explanations.asking import Explained
from pipelines.evaluation.explanations.names import NAMES
from pipelines.evaluation.explanations.pictures import as_uri
from pipelines.evaluation.explanations.pictures import overlay
from pipelines.evaluation.explanations.targets import class_words
from pipelines.pages.rendering import render
from pipelines.tasks.table import task_of_model
from pipelines.waiting.work import work
from zoo.weights.atomic import write_atomically

# What is said of a picture, the likeliest first.
_ANSWERS = 3


@work("writing the page")
def write_explanations(
    path, explained: Explained, *, model: str, more: dict | None = None
) -> None:
    """Writes a page of maps, whole or not at all.

    Args:
        path: The file.
        explained: The pictures.
        model: What the model is called.
        more: What the template asks for beside: `learned` and `seen_set`.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    network = explained.network
    count = len(explained.names)
    page = render(
        "explanations.html",
        title=f"Why: {count:,} picture{'s' if count > 1 else ''}",
        lead=f"{model} · maps of {network.stage.name} · "
        f"{zoo.preprocessing(network.model).image_size} px",
        methods=_methods(explained),
        measured=bool(explained.figures),
        pictures=[_card(explained, place) for place in range(count)],
        **{"learned": None, "seen_set": None} | (more or {}),
    )
    write_atomically(path, page)


def _methods(explained: Explained) -> list[dict]:
    rows = []
    for name in explained.maps:
        row = dataclasses.asdict(NAMES[name])
        if name in explained.figures:
            found = explained.figures[name]
            row |= {
                "deletion": found.removal.deletion.mean(),
                "insertion": found.removal.insertion.mean(),
                "whole": found.removal.whole.mean(),
                "pointing": found.pointing.mean()
                if len(found.pointing)
                else None,
                "likeness": found.likeness.mean(),
            }
        rows.append(row)
    return rows


def _card(explained: Explained, place: int) -> dict:
    model, target = explained.network.model, explained.target
    words, task = class_words(model), task_of_model(model)
    against = target.against
    return {
        "name": explained.names[place],
        "picture": as_uri(explained.pixels[place]),
        "said": task.answers(explained.logits[place], _ANSWERS),
        "asked": words[target.classes[place]],
        "against": None if against is None else words[against[place]],
        "maps": [
            _map(explained, name, drawn[place], place)
            for name, drawn in explained.maps.items()
        ],
    }


def _map(explained: Explained, name: str, drawn: np.ndarray, place) -> dict:
    found = explained.figures.get(name)
    return {
        "title": NAMES[name].title,
        "picture": as_uri(overlay(explained.pixels[place], drawn)),
        "deletion": found and float(found.removal.deletion[place]),
        "insertion": found and float(found.removal.insertion[place]),
    }
