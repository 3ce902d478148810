"""What loading weights into a model came to."""

import dataclasses

from zoo.weights.origins import OWN


@dataclasses.dataclass(frozen=True)
class LoadReport:
    """What became of each tensor.

    Args:
        matched: Names that were loaded.
        skipped: Name and reason of tensors in the file that were not used.
        initial: Names in the model that were left as initialised.
        adapted: Name and reason of tensors that were changed to fit.
        origin: Whose network the weights are for.
        remarks: What else a person should know.
    """

    matched: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...] = ()
    initial: tuple[str, ...] = ()
    adapted: tuple[tuple[str, str], ...] = ()
    origin: str = OWN.name
    remarks: tuple[str, ...] = ()

    def __str__(self):
        reasons = dict(self.skipped)
        whose = "" if self.origin == OWN.name else f" of {self.origin}"
        parts = [f"{len(self.matched)} tensors{whose} loaded"]
        parts += [f"{name} {how}" for name, how in self.adapted]
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
        return "; ".join((*parts, *self.remarks))
