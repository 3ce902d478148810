"""Reads a state a second time, by another way than the one that saves it.

`pipelines.runs.state` says which variables make a state, and under which
names. Here nobody is asked: whatever can be reached from the trainer, its
networks and its callbacks is looked through for variables, and their bytes are
compared with those of the checkpoint.
"""

import collections
import gc
import types

import keras
import numpy as np

from pipelines.doctor.trials import Trouble
from pipelines.runs.state import RunState
from pipelines.training.trainer import Trainer

# What is looked into: our objects, Keras's, and what holds several.
_OURS = ("keras", "pipelines", "zoo")
_HOLDERS = (dict, list, tuple, set, frozenset)
_PASSED_BY = (
    types.ModuleType,
    types.FunctionType,
    types.MethodType,
    type,
    # What `compile` makes, for `fit`, which is not used.
    keras.metrics.Metric,
)
# Of the optimizer around the optimizer, which has its own.
_UNUSED = ("loss_scale_optimizer/learning_rate",)
_CALLBACK = "callback/"


def read_twice() -> None:
    """Has every state of this process be read twice, from now on.

    Taking or putting back a state then raises `Trouble` where it is not all
    that the run holds, or holds what the run does not.
    """
    make_step, take, put_back = (
        Trainer.make_step,
        RunState.take,
        RunState.put_back,
    )

    def made(self, model=None, *, frozen=None, **options):
        self.networks_seen = (model, frozen)
        return make_step(self, model, frozen=frozen, **options)

    def taken(self):
        arrays, facts = take(self)
        compare(self, arrays)
        return arrays, facts

    def restored(self, arrays, facts):
        put_back(self, arrays, facts)
        compare(self, arrays)

    Trainer.make_step, RunState.take = made, taken
    RunState.put_back = restored


def compare(state: RunState, arrays: dict[str, np.ndarray]) -> None:
    """Compares what a checkpoint says with what a run holds.

    Args:
        state: Of the run.
        arrays: Of the checkpoint.

    Raises:
        Trouble: They are not the same, to the bit.
    """
    held = collections.defaultdict(list)
    for variable in variables_below(state.trainer, *state.callbacks):
        held[_bytes(variable.numpy())].append(variable.path)
    for name, value in arrays.items():
        if name.startswith(_CALLBACK):
            continue
        if not held[_bytes(value)]:
            raise Trouble(f"the run does not hold {name} of its checkpoint")
        held[_bytes(value)].pop()
    left = {path for paths in held.values() for path in paths} - set(_UNUSED)
    if left:
        raise Trouble(f"no checkpoint holds {min(left)} ({len(left)} such)")


def variables_below(*roots) -> list[keras.Variable]:
    """Returns all of Keras's variables that some objects lead to."""
    seen, found, open_ = set(), [], list(roots)
    while open_:
        each = open_.pop()
        if id(each) in seen or isinstance(each, _PASSED_BY):
            continue
        seen.add(id(each))
        if isinstance(each, keras.Variable):
            found.append(each)
        elif _is_looked_into(each):
            open_ += gc.get_referents(each)
    return found


def _is_looked_into(thing) -> bool:
    module = type(thing).__module__.partition(".")[0]
    return isinstance(thing, _HOLDERS) or module in _OURS


def _bytes(value) -> tuple:
    value = np.asarray(value, order="C")
    return value.dtype.str, value.shape, value.tobytes()
