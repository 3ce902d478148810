"""What a run chose by itself, and why: told in one place, kept in one place."""

import dataclasses

from pipelines.runs.config import RunConfig


@dataclasses.dataclass(frozen=True)
class Choice:
    """What was chosen for a setting that nobody gave.

    Args:
        value: What JSON can hold.
        why: A few words.
    """

    value: object
    why: str


class Choosing:
    """A configuration's open settings, closed one by one.

    Args:
        config: What was asked for.
    """

    def __init__(self, config: RunConfig):
        self.config = config
        self.choices: dict[str, Choice] = {}

    def __getitem__(self, name: str):
        """Returns what a setting is by now."""
        if name in self.choices:
            return self.choices[name].value
        return getattr(self.config, name)

    def choose(self, name: str, value, why: str) -> None:
        """Closes a setting."""
        self.choices[name] = Choice(value, why)

    def resolved(self) -> RunConfig:
        """Returns the configuration with all choices filled in."""
        values = {name: choice.value for name, choice in self.choices.items()}
        return self.config.resolved(**values)


def as_json(choices: dict[str, Choice]) -> dict:
    """Returns choices as `config.json` holds them."""
    return {name: dataclasses.asdict(c) for name, c in choices.items()}


def from_json(held: dict) -> dict[str, Choice]:
    """Reads what `as_json` returned."""
    return {name: Choice(**fields) for name, fields in held.items()}


def describe(choices: dict[str, Choice]) -> list[str]:
    """Says what was chosen and why, a line each."""
    if not choices:
        return []
    lines = [
        f"  {name}={choice.value}: {choice.why}"
        for name, choice in choices.items()
    ]
    return ["chosen, where nothing else is asked for:", *lines]
