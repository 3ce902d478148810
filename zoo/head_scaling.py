"""What logits are multiplied by, so that their softmax can be believed.

Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2. Pure
Python: it stands in models, weight files and tables of results alike.
"""

import dataclasses
import math
import numbers


@dataclasses.dataclass(frozen=True)
class LogitScaling:
    """Logits become `scale * logits + shift`.

    Args:
        scale: Above 0: one number, the inverse of a temperature, or one for
            each class (vector scaling).
        shift: One number for each class, or none.

    Raises:
        ValueError: A number is not finite, a scale not above 0, or there are
            more shifts than scales.

    Example:

    ```python
    from zoo.head_scaling import LogitScaling
    scaling = LogitScaling.of_temperature(2.0)
    assert scaling.scale == (0.5,) and scaling.temperature == 2.0
    assert LogitScaling((0.5, 1.0), (0.0, 0.25)).temperature is None
    ```
    """

    scale: tuple[float, ...]
    shift: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        for name in ("scale", "shift"):
            values = getattr(self, name)
            if not isinstance(values, (tuple, list)):
                raise ValueError(f"the {name} of logits is no list: {values!r}")
            for value in values:
                if not _is_finite(value):
                    raise ValueError(
                        f"the {name} of logits holds no number: {value!r}"
                    )
            object.__setattr__(self, name, tuple(map(float, values)))
        if not self.scale or min(self.scale) <= 0:
            raise ValueError(
                "the scale of logits is one number above 0, or one for each "
                f"class. Received: {list(self.scale)[:5]}"
            )
        if self.shift and len(self.shift) != len(self.scale):
            raise ValueError(
                f"there are {len(self.shift)} shifts of logits for "
                f"{len(self.scale)} scales"
            )

    @classmethod
    def of_temperature(cls, temperature: float) -> "LogitScaling":
        """Returns what divides all logits by one number above 0."""
        return cls((1 / temperature,))

    @classmethod
    def from_json(cls, held: object) -> "LogitScaling | None":
        """Reads what `as_json` gave; a ValueError where it is no such table."""
        if held is None:
            return None
        if not isinstance(held, dict) or set(held) != {"scale", "shift"}:
            raise ValueError(
                "the scaling of logits is a table of `scale` and `shift`"
            )
        return cls(held["scale"], held["shift"])

    @property
    def temperature(self) -> float | None:
        """What all logits are divided by; None where classes differ."""
        one = len(self.scale) == 1 and not self.shift
        return 1 / self.scale[0] if one else None

    def as_json(self) -> dict[str, list[float]]:
        """Returns a table that JSON holds."""
        return {"scale": list(self.scale), "shift": list(self.shift)}

    def fits(self, classes: int) -> bool:
        """Whether it is for a head of so many classes."""
        return len(self.scale) in (1, classes) and len(self.shift) in (
            0,
            classes,
        )


def checked_scaling(
    scaling: LogitScaling | None, classes: int
) -> LogitScaling | None:
    """Returns a scaling, None where there is none.

    Raises:
        ValueError: It is for another number of classes, or is none.
    """
    if scaling is None:
        return None
    if not isinstance(scaling, LogitScaling):
        raise ValueError(
            f"the scaling of logits is a LogitScaling, received {scaling!r}"
        )
    if not scaling.fits(classes):
        raise ValueError(
            f"expected a scale of logits for {classes} classes, received "
            f"{len(scaling.scale)} numbers"
        )
    return scaling


def _is_finite(value: object) -> bool:
    return isinstance(value, numbers.Real) and math.isfinite(value)
