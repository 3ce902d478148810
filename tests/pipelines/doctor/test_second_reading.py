"""A state that is read a second time: what it lacks, and what it has over."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.doctor.second_reading import compare
from pipelines.doctor.second_reading import variables_below
from pipelines.doctor.trials import Trouble
from pipelines.runs.state import RunState
from pipelines.tasks.classification import Classification
from pipelines.training.optimizers import SGDWithL2
from pipelines.training.trainer import Trainer


@pytest.fixture
def state(tiny):
    trainer = Trainer(
        tiny(dropout=0.5),
        SGDWithL2(0.1),
        tf.distribute.get_strategy(),
        Classification(),
        average_decay=0.9,
    )
    return RunState(trainer)


def test_all_of_it_is_found(state):
    arrays, _ = state.take()
    compare(state, arrays)
    trainer = state.trainer
    held = (
        trainer.model.variables
        + trainer.optimizer.variables
        + trainer.average.variables
    )
    assert {id(v) for v in variables_below(trainer)} == {id(v) for v in held}


@pytest.mark.parametrize("kind", ["seed/", "optimizer/", "average/", "model/"])
def test_what_is_missing_or_other_is_found(state, kind):
    arrays, _ = state.take()
    name = max(n for n in arrays if n.startswith(kind))
    less = {n: value for n, value in arrays.items() if n != name}
    with pytest.raises(Trouble, match="no checkpoint holds"):
        compare(state, less)
    with pytest.raises(Trouble, match="the run does not hold "):
        compare(state, arrays | {name: np.asarray(arrays[name] + 1)})
