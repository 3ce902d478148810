"""The metadata above a model card: YAML as the Hugging Face Hub reads it."""

import json
import math
import os

from pipelines.pages.showing import on_one_line
from pipelines.pages.showing import shown
from pipelines.tasks.metric import LOSS
from pipelines.tasks.task import Task
from zoo.errors import RequestError
from zoo.weights import hub
from zoo.weights.locating import is_path
from zoo.weights.sources import find_source

_KIND = "image-classification"
# No characters for YAML, though Unicode gives them numbers.
_NO_TEXT = {0xFFFE: "\ufffd", 0xFFFF: "\ufffd", 0xFEFF: None}


def metadata(config: dict, task: Task, metrics: dict, name: str) -> str:
    """Returns the metadata with the lines around it.

    Args:
        config: The run's, as `config.json` has it; may be empty.
        task: What was learned.
        metrics: On held-out pictures, as `metrics.json` has them; of those
            the loss and what the task shows.
        name: Of the model, where the run says none.

    Example:

    ```python
    from pipelines.evaluation.card_metadata import metadata
    from pipelines.tasks.classification import Classification
    text = metadata({}, Classification(("ant", "bee")),
                    {"loss": 0.5, "top1": 0.75, "top5": 1.0}, "net")
    assert "type: top1" in text and "value: 0.75" in text
    ```
    """
    network = plain_name(config.get("model") or name)
    data, licence = data_name(config) or "unknown", licence_of(config)
    told = [each for each in (*task.shown, LOSS) if each.name in metrics]
    lines = [
        "---",
        "library_name: keras",
        *([f"license: {licence.lower()}"] if licence else []),
        f"pipeline_tag: {_KIND}",
        "tags:",
        *(f"- {_quoted(tag)}" for tag in (_KIND, "keras-zoo", network)),
        "metrics:",
        *(f"- {each.name}" for each in told),
        "model-index:",
        f"- name: {_quoted(network)}",
        "  results:",
        "  - task:",
        f"      type: {_KIND}",
        "    dataset:",
        f"      name: {_quoted(data)}",
        f"      type: {_quoted(data)}",
        "    metrics:",
    ]
    for each in told:
        lines += [
            f"    - type: {each.name}",
            f"      name: {_quoted(each.title)}",
            f"      value: {_number(metrics[each.name])}",
        ]
    return "\n".join([*lines, "---"])


def licence_of(config: dict) -> str | None:
    """Returns the licence of the weights that a run started from.

    Args:
        config: The run's, as `config.json` has it.

    Returns:
        Such as `"Apache-2.0"`; None where it started from none, or nobody
        has said it of a file or of a model of the Hub.
    """
    model, weights = config.get("model"), config.get("weights")
    if not model or not weights or hub.is_address(weights) or is_path(weights):
        return None
    try:
        return find_source(model, weights).licence
    except RequestError:
        # The table of another version.
        return None


def data_name(config: dict) -> str:
    """Returns what a run's data are called, without where they lie."""
    return plain_name(config.get("data") or "")


def plain_name(path, *, whole: bool = False) -> str:
    """Returns what may be shown of a name: one line, no hidden signs.

    Args:
        path: Of which only the last part is taken.
        whole: Whether it is no path, and all of it is.

    Example:

    ```python
    from pipelines.evaluation.card_metadata import plain_name
    assert plain_name("/home/me/ants\\tbees/") == "ants bees"
    assert plain_name("bird/owl", whole=True) == "bird/owl"
    ```
    """
    text = os.fspath(path)
    if not whole and not hub.is_address(text):
        text = os.path.basename(os.path.normpath(text)) if text else ""
    return shown(on_one_line(text)).translate(_NO_TEXT)


def _quoted(text: str) -> str:
    # What JSON writes between quotes YAML reads.
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    """Writes a number, of which YAML reads back the same bits."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    digits, e, power = repr(float(value)).partition("e")
    # Without a point YAML takes 1e-05 for a word.
    return f"{digits}{'' if '.' in digits else '.0'}{e}{power}"
