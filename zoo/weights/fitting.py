"""Putting tensors into a model: everything fits, or everything is named."""

import dataclasses
import pathlib

from zoo.errors import IntegrityError
from zoo.stages import stage_name
from zoo.weights.files import read_weights
from zoo.weights.files import variable_names


@dataclasses.dataclass(frozen=True)
class LoadReport:
    """What became of each tensor.

    Args:
        matched: Names that were loaded.
        skipped: Name and reason of tensors in the file that were not used.
        initial: Names in the model that were left as initialised.
    """

    matched: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    initial: tuple[str, ...] = ()

    def __str__(self):
        reasons = dict(self.skipped)
        parts = [f"{len(self.matched)} tensors loaded"]
        parts += [
            f"{name} skipped ({why})"
            for name, why in self.skipped
            if name not in self.initial
        ]
        if self.initial:
            why = sorted({reasons.get(name, "") for name in self.initial})
            parts.append(
                f"{', '.join(self.initial)} left as initialised"
                + (f" ({', '.join(why)})" if any(why) else "")
            )
        return "; ".join(parts)


def load_weights(model, source, *, sha256: str | None = None) -> LoadReport:
    """Loads a weight file of this zoo into a model.

    A head of another number of classes is left as initialised, and the
    report says so. Anything else that does not fit is an error that lists
    every mismatch, and then no variable has been changed.

    Args:
        model: A model of the zoo.
        source: The path of a `.safetensors` file, or tensors by name.
        sha256: What the whole file must hash to, where known.

    Raises:
        RequestError: There is no such file.
        IntegrityError: The file is damaged or does not fit the model.

    Example:

    ```python
    import tempfile, zoo
    model = zoo.create_model("resnet20")
    with tempfile.TemporaryDirectory() as folder:
        zoo.save_weights(model, f"{folder}/w.safetensors")
        other = zoo.create_model("resnet20", classes=3)
        report = zoo.load_weights(other, f"{folder}/w.safetensors")
    assert report.initial == ("head_logits/kernel", "head_logits/bias")
    ```
    """
    if isinstance(source, (str, pathlib.Path)):
        tensors, where = read_weights(source, sha256), str(source)
    else:
        tensors, where = dict(source), "the dict of tensors"
    variables = variable_names(model)
    replaced = _replaced_head(variables, tensors)
    problems = _mismatches(variables, tensors, replaced)
    if problems:
        raise IntegrityError(
            f"{where} does not fit the model {model.name!r}: "
            + "; ".join(problems)
        )
    matched = [key for key in variables if key not in replaced]
    for key in matched:
        variables[key].assign(tensors[key])
    return LoadReport(
        tuple(matched),
        tuple(
            (key, f"{tensors[key].shape[-1]} classes in the file")
            for key in replaced
            if key in tensors
        ),
        tuple(replaced),
    )


def _replaced_head(variables, tensors) -> list[str]:
    """The head's names, if its shapes show another number of classes."""
    head = [key for key in variables if stage_name(key) == "head"]
    differs = any(
        key in tensors and tensors[key].shape[-1] != variables[key].shape[-1]
        for key in head
    )
    return head if differs else []


def _mismatches(variables, tensors, replaced) -> list[str]:
    problems = []
    for key, variable in variables.items():
        if key in replaced:
            continue
        if key not in tensors:
            problems.append(f"{key} is missing in the file")
        elif tuple(tensors[key].shape) != tuple(variable.shape):
            problems.append(
                f"{key} has shape {tuple(tensors[key].shape)}, expected "
                f"{tuple(variable.shape)}"
            )
    extra = [key for key in tensors if key not in variables]
    headless = not any(stage_name(key) == "head" for key in variables)
    problems += [
        f"{key} has no place in the model"
        for key in extra
        if not (headless and stage_name(key) == "head")
    ]
    return problems
