"""What a run says at its end."""

import types

import pytest

from apps.closing import close
from pipelines.tasks.classification import Classification

EPOCH = {"seconds": 2.0, "images_per_second": 50.0, "input_wait": 0.25}


@pytest.mark.parametrize("history", [[], [EPOCH]])
def test_curves_are_shown_where_there_are_some(capsys, history):
    metrics = {"examples": 20, "top1": 0.5, "top5": 1.0, "loss": 1.0}
    close(
        types.SimpleNamespace(
            config=types.SimpleNamespace(output="my runs/a"),
            metrics={**metrics, "seconds": 3.0},
            history=history,
            task=Classification(),
        )
    )
    first, *lines = capsys.readouterr().out.splitlines()
    told, *lines = lines
    assert first == "" and told.endswith("held-out pictures, after 3 s")
    if history:
        summary, *lines, board = lines
        assert summary.startswith("50 images/s · waited 25% · 2 s an epoch · ")
        assert board == "TensorBoard: tensorboard --logdir='my runs'"
    # A probe takes no steps: there is nothing to draw, and no empty line.
    assert [line.split(":")[0] for line in lines] == [
        "run",
        "report",
        "model",
        "predict",
    ]
