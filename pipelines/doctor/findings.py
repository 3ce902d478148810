"""What a check has found."""

import dataclasses

_WIDTH = 12


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one check has found.

    Args:
        name: Of the check.
        text: What it saw, and where it failed, what to do.
        ok: Whether all is well.
        values: What was measured, by names that carry units.
    """

    name: str
    text: str
    ok: bool = True
    values: dict = dataclasses.field(default_factory=dict)

    def __str__(self):
        state = "ok" if self.ok else "FAILED"
        return f"{state:7} {self.name:{_WIDTH}} {self.text}"

    def as_dict(self) -> dict:
        return dataclasses.asdict(self)
