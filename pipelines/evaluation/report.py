"""The page that a run ends with: how good the model is, and where it errs."""

import pathlib
from collections.abc import Sequence

import zoo
from pipelines.evaluation.report_charts import learning_curves
from pipelines.evaluation.saved_models import ModelSource
from pipelines.pages.commands import command
from pipelines.pages.commands import tensorboard
from pipelines.pages.rendering import duration
from pipelines.pages.rendering import render
from pipelines.runs.places import MODEL
from pipelines.runs.places import REPORT
from pipelines.runs.places import read_config
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from pipelines.waiting.work import work
from zoo.weights.atomic import write_atomically

_NO_SETTINGS = ("versions", "commit")


@work("writing the report")
def write_report(
    folder,
    task: Task,
    judged: Judged,
    *,
    model,
    history: list[dict],
    phases: Sequence[tuple[int, str]] = (),
    source: ModelSource | None = None,
) -> pathlib.Path:
    """Writes `report.html` into a run's folder, whole or not at all.

    One file that needs no other, below 2 MB, for light and dark and for a
    phone. A picture that cannot be read or shown is left out. What the run
    was asked for comes from the folder's `config.json`, where there is one.

    Args:
        folder: The run's folder.
        task: What was learned.
        judged: The held-out pictures and what the model makes of them; its
            metrics also have `seconds`, `epochs` and `training_examples`,
            where these are known.
        model: What was trained.
        history: A row an epoch, as in `history.json`; may be empty.
        phases: After how many epochs each later phase of the run began, and
            what its curves call it.
        source: Where the model is from, where it was not trained here.

    Returns:
        The report's path.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    folder = pathlib.Path(folder)
    config, metrics = read_config(folder), judged.metrics
    found = task.page(judged)
    page = render(
        task.template,
        title=_title(model, config),
        lead=_lead(model, metrics, task),
        curves=learning_curves(history, task, phases),
        settings=_settings(config, task),
        commands=_commands(folder, config, source),
        model_file=source.file if source else str(folder / MODEL),
        provenance=_provenance(config),
        sections=judged.sections,
        **found | {"tiles": [*found["tiles"], *_tiles(metrics, source)]},
    )
    write_atomically(folder / REPORT, page)
    return folder / REPORT


def _title(model, config: dict) -> str:
    name = config.get("model", model.name)
    data = config.get("data")
    return f"{name} on {pathlib.Path(data).name or data}" if data else name


def _lead(model, metrics: dict, task: Task) -> str:
    size = zoo.preprocessing(model).image_size
    parts = [
        task.about,
        f"{model.count_params():,} weights",
        f"{size} px",
    ]
    if "training_examples" in metrics:
        parts.append(f"learnt from {metrics['training_examples']:,} pictures")
    if "epochs" in metrics:
        parts.append(f"{metrics['epochs']:,} epochs")
    return " · ".join(parts)


def _tiles(metrics: dict, source: ModelSource | None) -> list[tuple[str, str]]:
    """What stands beside the task's own numbers: (value, what it is)."""
    tiles = [(f"{metrics['examples']:,}", "held-out pictures")]
    if "seconds" in metrics:
        spent = duration(metrics["seconds"])
        what = "to judge them" if source else "from start to finished model"
        tiles.append((spent, what))
    return tiles


def _settings(config: dict, task: Task) -> list[tuple[str, str]]:
    return [
        (name, "–" if value is None else str(value))
        for key, held in config.items()
        if key not in (*task.facts, *_NO_SETTINGS)
        for name, value in flat(key, held)
    ]


def flat(name: str, value) -> list[tuple[str, object]]:
    """Returns what stands in a setting of several parts, each by itself.

    Args:
        name: The setting's.
        value: A dict for one of several parts.

    Example:

        >>> from pipelines.evaluation.report import flat
        >>> flat("versions", {"keras": "3.15", "numpy": "2.4"})
        [('versions.keras', '3.15'), ('versions.numpy', '2.4')]
    """
    if not isinstance(value, dict):
        return [(name, value)]
    parts = [flat(f"{name}.{key}", inner) for key, inner in value.items()]
    return [row for part in parts for row in part]


def _provenance(config: dict) -> str:
    versions = config.get("versions", {})
    parts = [f"{name} {version}" for name, version in versions.items()]
    if config.get("commit"):
        parts.append(f"commit {config['commit']}")
    return " · ".join(parts)


def _commands(folder, config: dict, source: ModelSource | None) -> list[str]:
    if source:
        # Nothing but evaluate takes several models at once.
        if not source.model or len(source.sha256) > 1:
            return []
        given = {"model": source.model, "weights": source.weights}
        return [command("predict", "IMAGE", **given)]
    data = config.get("data", "photos/")
    return [
        command("predict", "IMAGE", model=folder),
        command("evaluate", model=folder, data=data),
        command("features", model=folder, data=data, output="features.npz"),
        tensorboard(folder.parent),
    ]
