"""Weights that lie between those before the last phase and those after it."""

import numpy as np
import pytest

from pipelines.training.callbacks import Interpolation
from pipelines.training.config import FinetuneConfig
from pipelines.training.fine_tuning import phases
from pipelines.training.fine_tuning.fine_tuning import finetune_run
from pipelines.training.planning import resolve_plan
from zoo.errors import RequestError

WEIGHTS = {"stem": 5, "stage1": 10, "stage2": 20, "head": 3}


def asked(data, output, **settings):
    given = {
        "model": "resnet20",
        "weights": "cifar10",
        "image_size": 16,
        "global_batch_size": 4,
        "precision": "float32",
        "plan": "head:1@0.1,all:2@0.1",
    }
    return FinetuneConfig(
        data=str(data), output=str(output), **given | settings
    )


def test_what_is_saved_lies_between_the_ends_of_the_last_phase(
    picture_folder, tmp_path, monkeypatch
):
    ends, run_phase = [], phases._run_phase

    def recording(run, *args, **options):
        run_phase(run, *args, **options)
        ends.append(run.model.get_weights())

    monkeypatch.setattr(phases, "_run_phase", recording)
    config = asked(picture_folder, tmp_path / "run", wise_ft=0.25)
    finished = finetune_run(config, say=lambda line: None)
    found = finished.model.get_weights()
    before, after = ends
    assert any(np.any(a != b) for a, b in zip(before, after, strict=True))
    for place, weight in enumerate(found):
        wanted = 0.75 * before[place] + 0.25 * after[place]
        np.testing.assert_allclose(weight, wanted, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"ema": 0.9}, "`wise_ft` and `ema` both say"),
        ({"patience": 2}, "`wise_ft` and `patience` both say"),
        ({"keep": "best"}, "`wise_ft` and `keep` both say"),
        ({"plan": "all:2@0.1"}, "`wise_ft` is for a plan of two phases"),
    ],
)
def test_what_contradicts_it_is_refused(
    picture_folder, tmp_path, settings, said
):
    config = asked(picture_folder, tmp_path / "run", wise_ft=0.5, **settings)
    with pytest.raises(RequestError, match=said):
        finetune_run(config, say=lambda line: None)


@pytest.mark.parametrize(
    ("settings", "pictures", "part"),
    [
        ({}, 800, 0.5),
        # The whole network has too few steps, and no phase.
        ({}, 80, None),
        ({"wise_ft": 1.0}, 800, None),
        ({"ema": 0.9}, 800, None),
        ({"patience": 3}, 800, None),
        ({"keep": "best"}, 800, None),
    ],
)
def test_it_is_chosen_where_three_phases_are(settings, pictures, part):
    config = asked("photos", "run", plan=None, **settings).resolved(
        optimizer="sgd", epochs=30, learning_rate=0.4, global_batch_size=32
    )
    plan, choices = resolve_plan(config, WEIGHTS, pictures)
    assert len(plan) == (3 if pictures == 800 else 2)
    found = choices.get("wise_ft")
    assert (found and found.value) == part


def test_what_was_remembered_survives_a_restart():
    class Model:
        def __init__(self):
            self.weights = [np.float32([1.0, 3.0]), np.int32([5])]

        def get_weights(self):
            return self.weights

        def set_weights(self, weights):
            self.weights = weights

    first, model = Interpolation(0.5), Model()
    first.begin(model)
    again = Interpolation(0.5)
    again.restore(first.state())
    model.set_weights([np.float32([3.0, 3.0]), np.int32([6])])
    # It has begun before.
    again.begin(model)
    again.take(model)
    assert model.weights[0].tolist() == [2.0, 3.0]
    assert model.weights[1].tolist() == [6]
    Interpolation(0.5).take(model)
    assert model.weights[0].tolist() == [2.0, 3.0]
