"""A run's state: all that its next step depends on, and nothing else.

Weights are a file of their own, which `weights` takes like any other. The
rest is the state of random layers, the optimizer with its slots and its loss
scale, the running mean of the weights, where the run stands, what it has
added up of the present epoch, and what its callbacks remember.
"""

import hashlib
import json

import keras
import numpy as np
import safetensors.numpy

from zoo.errors import IntegrityError
from zoo.errors import RequestError
from zoo.weights.file_metadata import describe
from zoo.weights.files import variable_names

WEIGHTS = "weights.safetensors"
STATE = "state.safetensors"


class RunState:
    """Takes the state of a run out, and puts it back.

    Args:
        trainer: A `pipelines.training.trainer.Trainer`: its model, its
            optimizer, its running mean and where it stands.
        callbacks: Those that have a `state()`, which returns what JSON can
            hold and arrays, and a `restore(state)` keep theirs; those that
            write have a `sync()`.
    """

    def __init__(self, trainer, callbacks=()):
        self.trainer = trainer
        self._callbacks = {
            type(each).__name__: each
            for each in callbacks
            if hasattr(each, "restore")
        }

    @property
    def step(self) -> int:
        return self.trainer.global_step

    @property
    def model(self) -> keras.Model:
        return self.trainer.model

    @property
    def callbacks(self) -> tuple:
        """Those whose state it takes."""
        return tuple(self._callbacks.values())

    def sync(self) -> None:
        """Brings to the disk what its callbacks have written up to now."""
        for each in self.callbacks:
            if hasattr(each, "sync"):
                each.sync()

    def take(self) -> tuple[dict[str, np.ndarray], dict]:
        """Returns copies of all arrays, and the facts beside them."""
        arrays = {
            name: variable.numpy() for name, variable in self._variables()
        }
        facts = {"progress": self.trainer.progress(), "callbacks": {}}
        for name, callback in self._callbacks.items():
            state = callback.state()
            for key, value in state.items():
                if isinstance(value, np.ndarray):
                    arrays[f"callback/{name}/{key}"] = value
            facts["callbacks"][name] = {
                key: value
                for key, value in state.items()
                if not isinstance(value, np.ndarray)
            }
        return arrays, facts

    def put_back(self, arrays: dict[str, np.ndarray], facts: dict) -> None:
        """Assigns everything.

        Raises:
            IntegrityError: As of `check_fits`; nothing is assigned then.
        """
        self.check_fits(arrays)
        for name, variable in self._variables():
            variable.assign(arrays[name])
        # First of all: callbacks look at where the trainer stands.
        self.trainer.go_to(facts["progress"])
        for name, callback in self._callbacks.items():
            if name not in facts["callbacks"]:
                # The run had none such when this was written.
                continue
            prefix = f"callback/{name}/"
            held = {
                key.removeprefix(prefix): value
                for key, value in arrays.items()
                if key.startswith(prefix)
            }
            callback.restore({**facts["callbacks"][name], **held})

    def check_fits(self, arrays: dict[str, np.ndarray]) -> None:
        """Refuses arrays that have no place in this run.

        Raises:
            IntegrityError: They are those of another model or of another
                optimizer.
        """
        variables = dict(self._variables())
        own = {n for n in arrays if not n.startswith("callback/")}
        if own != set(variables):
            odd = sorted(own.symmetric_difference(variables))
            raise IntegrityError(
                f"The checkpoint does not fit this run: {odd[0]!r} is on one "
                f"side only ({len(odd)} such)."
            )
        for name, variable in variables.items():
            if tuple(arrays[name].shape) != tuple(variable.shape):
                raise IntegrityError(
                    f"The checkpoint does not fit this run: {name!r} has the "
                    f"shape {arrays[name].shape}, expected {variable.shape}."
                )

    def digest(self) -> str:
        """Returns the sha256 of all variables: equal means bit for bit."""
        total = hashlib.sha256()
        for name, variable in sorted(self._variables()):
            total.update(name.encode())
            total.update(np.ascontiguousarray(variable.numpy()).tobytes())
        return total.hexdigest()

    def _variables(self) -> list[tuple[str, keras.Variable]]:
        trainer = self.trainer
        named = variable_names(trainer.model)
        known = set(map(id, named.values()))
        seeds = [v for v in trainer.model.variables if id(v) not in known]
        found = [(f"model/{name}", v) for name, v in named.items()]
        found += [(f"seed/{i}", v) for i, v in enumerate(seeds)]
        found += [
            (f"optimizer/{i}", v)
            for i, v in enumerate(trainer.optimizer.variables)
        ]
        if trainer.average is not None:
            found += [
                (f"average/{i}", v)
                for i, v in enumerate(trainer.average.variables)
            ]
        return found


def as_files(model, arrays: dict, facts: dict) -> tuple[dict, dict]:
    """Returns a checkpoint's files and facts out of what `take` returned.

    Args:
        model: Says how its weights are described in their file.
        arrays: As of `RunState.take`.
        facts: The same.
    """
    weights = {
        name.removeprefix("model/"): value
        for name, value in arrays.items()
        if name.startswith("model/")
    }
    rest = {
        # Not ascontiguousarray, which makes a vector of a scalar.
        name: np.asarray(value, order="C")
        for name, value in arrays.items()
        if not name.startswith("model/")
    }
    step = {"step": str(facts["progress"]["global_step"])}
    files = {
        WEIGHTS: safetensors.numpy.save(weights, describe(model) | step),
        STATE: safetensors.numpy.save(rest),
    }
    # Proves before anything is written that it can be read again.
    return files, json.loads(json.dumps(facts))


def from_files(files: dict[str, bytes]) -> dict[str, np.ndarray]:
    """Returns the arrays out of a checkpoint's files.

    Raises:
        IntegrityError: A file is missing.
    """
    if set(files) != {WEIGHTS, STATE}:
        raise IntegrityError(
            f"A checkpoint holds {WEIGHTS} and {STATE}. Received: "
            f"{', '.join(sorted(files)) or 'nothing'}."
        )
    weights = safetensors.numpy.load(files[WEIGHTS])
    arrays = safetensors.numpy.load(files[STATE])
    return arrays | {f"model/{name}": v for name, v in weights.items()}


def check_weights_fit(model, files: dict[str, bytes]) -> None:
    """Refuses a checkpoint whose weights are those of another network.

    Args:
        model: That goes on.
        files: Of the checkpoint.

    Raises:
        RequestError: A weight has another name or shape.
    """
    held = {
        name.removeprefix("model/"): value.shape
        for name, value in from_files(files).items()
        if name.startswith("model/")
    }
    own = {n: tuple(v.shape) for n, v in variable_names(model).items()}
    if odd := sorted(set(held.items()) ^ set(own.items())):
        name = odd[0][0]
        raise RequestError(
            f"The state in this folder does not fit this network: {name!r} "
            f"has the shape {held.get(name)} then, {own.get(name)} now "
            f"({len(dict(odd))} such). Give the same settings to go on, or "
            "another `output` to begin anew."
        )
