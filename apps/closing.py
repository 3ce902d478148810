"""What a run says at its end."""

import os

from apps.command import say
from pipelines.pages.commands import command
from pipelines.pages.commands import tensorboard


def close(finished) -> None:
    """Says what a run reached and where everything is."""
    from pipelines.training.callbacks.progress import closing_summary

    output, metrics = finished.config.output, finished.metrics
    lines = [
        "",
        f"{finished.task.told(metrics, 2)} on {metrics['examples']:,} held-out "
        f"pictures, after {metrics['seconds']:.0f} s",
        *filter(None, [closing_summary(finished.history)]),
        f"run:         {output}",
        f"report:      {os.path.join(output, 'report.html')}",
        f"model:       {os.path.join(output, 'model.keras')}",
        f"predict:     {command('predict', 'IMAGE', model=output)}",
    ]
    # A head that was not learned by steps has no curves to look at.
    if finished.history:
        lines.append(f"TensorBoard: {tensorboard(os.path.dirname(output))}")
    say("\n".join(lines))
