"""Drawing runs side by side, out of the event files that they wrote."""

import dataclasses
import pathlib

from zoo.errors import RequestError

_TAGS = {"top-1": "epoch_top1", "loss": "epoch_loss"}
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


def draw_runs(runs: dict[str, str], output, title: str = "") -> None:
    """Draws validation accuracy and both losses of some runs.

    Args:
        runs: Folders of runs, by the name that the legend gives them.
        output: The PNG to write.
        title: Above the picture.

    Raises:
        RequestError: A folder holds no run.
    """
    from matplotlib import figure
    from matplotlib.backends import backend_agg

    sheet = figure.Figure(figsize=(10, 4), dpi=120, layout="constrained")
    backend_agg.FigureCanvasAgg(sheet)
    accuracy, loss = sheet.subplots(1, 2)
    for number, (name, run) in enumerate(runs.items()):
        colour = f"C{number}"
        held_out = read_curve(run, "validation", _TAGS["top-1"])
        percent = [100 * value for value in held_out.values]
        accuracy.plot(held_out.epochs, percent, color=colour, label=name)
        accuracy.annotate(
            f"{percent[-1]:.1f} %",
            (held_out.epochs[-1], percent[-1]),
            xytext=(4, 0),
            textcoords="offset points",
            color=colour,
            va="center",
        )
        for part, style in (("validation", "-"), ("train", ":")):
            curve = read_curve(run, part, _TAGS["loss"])
            loss.plot(
                curve.epochs,
                curve.values,
                style,
                color=colour,
                label=f"{name}, {part}",
            )
    accuracy.set(ylabel="top-1 on held-out pictures, %", xlabel="epoch")
    loss.set(ylabel="cross-entropy, nats", xlabel="epoch")
    for axes, corner in ((accuracy, "lower right"), (loss, "upper right")):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc=corner, fontsize="small")
        axes.margins(x=0.08)
    sheet.suptitle(title)
    sheet.savefig(output)


def draw_comparison(runs: dict[str, tuple], output) -> None:
    """Draws validation accuracy over time and over pictures seen.

    Args:
        runs: Folder and number of training pictures of each run, by the name
            that the legend gives it.
        output: The PNG to write.

    Raises:
        RequestError: A folder holds no run.
    """
    from matplotlib import figure
    from matplotlib.backends import backend_agg

    sheet = figure.Figure(figsize=(10, 4), dpi=120, layout="constrained")
    backend_agg.FigureCanvasAgg(sheet)
    over_time, over_examples = sheet.subplots(1, 2, sharey=True)
    for name, (run, examples) in runs.items():
        curve = read_curve(run, "validation", _TAGS["top-1"])
        percent = [100 * value for value in curve.values]
        seen = [epoch * examples for epoch in curve.epochs]
        over_time.plot(curve.seconds, percent, label=name)
        over_examples.plot(seen, percent, label=name)
    over_time.set(ylabel="top-1 on held-out pictures, %", xlabel="seconds")
    over_examples.set(xlabel="pictures seen")
    for axes in (over_time, over_examples):
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, loc="lower right", fontsize="small")
    sheet.savefig(output)
