"""What a run says at its end."""

import os
import shlex

from apps.command import say
from pipelines.pages.commands import command

# Of so few classes all are among the best five.
_BEST = 5


def close(finished) -> None:
    """Says what a run reached and where everything is."""
    from pipelines.training.callbacks.progress import closing_summary

    output, metrics = finished.config.output, finished.metrics
    top5 = ""
    if finished.logits.shape[1] > _BEST:
        top5 = f", top-5 {metrics['top5']:.2%}"
    logs = shlex.quote(os.path.dirname(output) or ".")
    lines = [
        "",
        f"top-1 {metrics['top1']:.2%}{top5} on {metrics['examples']:,} "
        f"held-out pictures, after {metrics['seconds']:.0f} s",
        closing_summary(finished.history),
        f"run:         {output}",
        f"report:      {os.path.join(output, 'report.html')}",
        f"model:       {os.path.join(output, 'model.keras')}",
        f"predict:     {command('predict', 'IMAGE', model=output)}",
        f"TensorBoard: tensorboard --logdir {logs}",
    ]
    say("\n".join(lines))
