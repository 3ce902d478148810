"""Drawing runs side by side, out of the event files that they wrote."""

import dataclasses
import json
import pathlib

from pipelines.pages.charts import label
from pipelines.runs.places import METRICS
from pipelines.runs.places import read_config
from pipelines.tasks.metric import LOSS
from pipelines.tasks.table import kind_in
from pipelines.tasks.task import Task
from zoo.errors import RequestError
from zoo.weights.atomic import replacing

_ALL = 0


@dataclasses.dataclass(frozen=True)
class Curve:
    """A number over the epochs of a run.

    Args:
        epochs: 1, 2, …
        values: One an epoch.
        seconds: Time since the run's first event.
    """

    epochs: tuple[int, ...]
    values: tuple[float, ...]
    seconds: tuple[float, ...]


def read_curve(run, part: str, tag: str) -> Curve:
    """Reads a scalar of a run.

    Args:
        run: The run's folder.
        part: `"train"` or `"validation"`.
        tag: As TensorBoard shows it, such as `epoch_top1`.

    Raises:
        RequestError: The folder has no such curve.
    """
    from tensorboard.backend.event_processing import (
        plugin_event_accumulator as event_accumulator,
    )

    folder = pathlib.Path(run) / part
    events = event_accumulator.EventAccumulator(
        str(folder), size_guidance={event_accumulator.TENSORS: _ALL}
    )
    if not folder.is_dir() or tag not in events.Reload().Tags()["tensors"]:
        raise RequestError(
            f"{folder} has no curve {tag!r}. Expected the folder of a run."
        )
    points = events.Tensors(tag)
    start = events.FirstEventTimestamp()
    return Curve(
        tuple(point.step for point in points),
        tuple(_scalar(point.tensor_proto) for point in points),
        tuple(point.wall_time - start for point in points),
    )


def _scalar(proto) -> float:
    from tensorboard.util import tensor_util

    return float(tensor_util.make_ndarray(proto))


def draw_runs(
    runs: dict[str, str],
    output,
    title: str = "",
) -> None:
    """Draws what decides on held-out pictures, and both losses of some runs.

    Args:
        runs: Folders of runs, by the name that the legend gives them.
        output: The PNG to write.
        title: Above the picture.

    Raises:
        RequestError: A folder holds no run, or they have learned different
            tasks, whose figures do not compare.
    """
    from matplotlib import figure
    from matplotlib.backends import backend_agg

    sheet = figure.Figure(figsize=(10, 4), dpi=120, layout="constrained")
    backend_agg.FigureCanvasAgg(sheet)
    score, loss = sheet.subplots(1, 2)
    task = _task_of(runs)
    decides = task.decides
    for number, (name, run) in enumerate(runs.items()):
        colour = f"C{number}"
        held_out = read_curve(run, "validation", decides.tag)
        scaled = [decides.scale * value for value in held_out.values]
        score.plot(held_out.epochs, scaled, color=colour, label=label(name))
        score.annotate(
            f"{scaled[-1]:.1f} %" if decides.is_share else f"{scaled[-1]:.4g}",
            (held_out.epochs[-1], scaled[-1]),
            xytext=(4, 0),
            textcoords="offset points",
            color=colour,
            va="center",
        )
        for part, style in (("validation", "-"), ("train", ":")):
            curve = read_curve(run, part, LOSS.tag)
            loss.plot(
                curve.epochs,
                curve.values,
                style,
                color=colour,
                label=label(f"{name}, {part}"),
            )
    score.set(ylabel=decides.axis, xlabel="epoch")
    loss.set(ylabel=", ".join(task.loss_words), xlabel="epoch")
    for axes, corner in ((score, "lower right"), (loss, "upper right")):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc=corner, fontsize="small")
        axes.margins(x=0.08)
    sheet.suptitle(label(title))
    with replacing(output) as temporary:
        sheet.savefig(temporary)


def draw_comparison(runs: dict[str, tuple], output, task: Task) -> None:
    """Draws what decides on held-out pictures over time and pictures seen.

    Args:
        runs: Folder and number of training pictures of each run, by the name
            that the legend gives it. A run without epochs, such as a probe,
            is a point.
        output: The PNG to write.
        task: What all of them have learned.

    Raises:
        RequestError: A folder holds no run.
    """
    from matplotlib import figure
    from matplotlib.backends import backend_agg

    sheet = figure.Figure(figsize=(10, 4), dpi=120, layout="constrained")
    backend_agg.FigureCanvasAgg(sheet)
    over_time, over_examples = sheet.subplots(1, 2, sharey=True)
    decides = task.decides
    for name, (run, examples) in runs.items():
        curve = _course(run, decides)
        scaled = [decides.scale * value for value in curve.values]
        seen = [epoch * examples for epoch in curve.epochs]
        marker = "o" if len(scaled) == 1 else ""
        for axes, places in (
            (over_time, curve.seconds),
            (over_examples, seen),
        ):
            axes.plot(places, scaled, marker=marker, label=label(name))
    over_time.set(ylabel=decides.axis, xlabel="seconds")
    over_examples.set(xlabel="pictures seen")
    for axes in (over_time, over_examples):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="lower right", fontsize="small")
    with replacing(output) as temporary:
        sheet.savefig(temporary)


def _course(run, decides) -> Curve:
    """A run's curve; what it reached, where it has no epochs."""
    metrics = pathlib.Path(run) / METRICS
    reached = json.loads(metrics.read_bytes()) if metrics.is_file() else {}
    if reached.get("epochs", 1):
        return read_curve(run, "validation", decides.tag)
    return Curve((1,), (reached[decides.name],), (reached["seconds"],))


def _task_of(runs: dict[str, str]) -> type[Task]:
    """Returns what some runs have learned."""
    found = {}
    for name, run in runs.items():
        found[name] = kind_in(read_config(run))
    if len(set(found.values())) > 1:
        kinds = ", ".join(f"{n}: {t.__name__}" for n, t in found.items())
        raise RequestError(
            f"`runs` have learned different tasks ({kinds}). Give those of one."
        )
    return next(iter(found.values()))
