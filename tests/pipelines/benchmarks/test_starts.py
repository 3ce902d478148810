"""What a start is worth is told run by run."""

import types

from pipelines.benchmarks import starts
from pipelines.features.start import AT_HAND


def test_each_run_is_told_of_before_the_next_begins(monkeypatch):
    happened = []

    def run(config, say):
        happened.append("run")
        metrics = {"top1": 0.5, "seconds": 2.0, "epochs": 3, "loss": 1.0}
        if config.weights == "auto":
            config = types.SimpleNamespace(model="better", weights="imagenet")
        return types.SimpleNamespace(config=config, metrics=metrics)

    scratch = types.SimpleNamespace(model=AT_HAND.model, weights=None)
    monkeypatch.setattr(starts, "finetune_run", run)
    monkeypatch.setattr(starts, "from_scratch", lambda *_: scratch)
    rows = starts.benchmark_starts("photos", say=happened.append)
    assert happened[::2] == ["run"] * 3
    assert happened[1].startswith("better from imagenet ")
    assert happened[1].endswith(" 50.0% after 2 s, 3 epochs")
    names = [row.pop("start") for row in rows]
    assert names == [
        "better from imagenet",
        f"{AT_HAND.model} from {AT_HAND.weights}",
        f"{AT_HAND.model} from scratch",
    ]
    assert rows == [{"top1": 0.5, "seconds": 2.0, "epochs": 3}] * 3
