"""What a setting is: a field of a configuration that says all about itself.

A setting is written once, as a field made by `row`. Its flag, its range, its
line in a configuration's documentation and in `docs/settings.md`, and the
errors about it all follow from there. Pure Python, so that `--help` and a
misspelt word are answered at once.
"""

import dataclasses
import types
import typing
from collections.abc import Callable

from zoo.errors import RequestError
from zoo.variants import nearest

# In place of a value: whatever suits the pictures and the device.
AUTO = "auto"


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is said of a setting beside its name, its type and its default.

    Args:
        help: What it does: sentences for a person.
        group: The heading under which it stands.
        usual: What becomes of it where it is not given, in words; empty
            where the default says it.
        low: Its smallest value.
        high: Its largest value.
        above: What it is larger than.
        below: What it is smaller than.
        choices: All values it has, where they are few.
        read: Reads a value that is none of the choices, and raises
            RequestError where it cannot; None where there are no others.
        only_with: Another setting and the values of it that give this one a
            meaning.
        needs: Other settings, one of which has to be given for this one to
            have a meaning.
        unused_in: What may be done instead of the usual, and has no use for
            it (`pipelines.runs.modes`).
        silent: Values beside the default by which nobody asks for anything.
        common: Whether a newcomer should see it.
        is_flag: Whether a command takes it.
        flag_default: What a command gives where nobody does; None for the
            field's default.
    """

    help: str
    group: str
    usual: str = ""
    low: float | None = None
    high: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    read: Callable[[str], object] | None = None
    only_with: tuple[str, tuple[str, ...]] | None = None
    needs: tuple[str, ...] = ()
    unused_in: tuple[str, ...] = ()
    silent: tuple = ()
    common: bool = False
    is_flag: bool = True
    flag_default: object = None

    @property
    def range(self) -> str:
        """Its range in words, empty where it has none."""
        if self.low is not None and self.high is not None:
            return f"{self.low}…{self.high}"
        parts = [] if self.low is None else [f"{self.low} or more"]
        if self.above is not None:
            parts.append(f"above {self.above}")
        if self.below is not None:
            parts.append(f"below {self.below}")
        if self.high is not None:
            parts.append(f"at most {self.high}")
        return " and ".join(parts)

    @property
    def sentence(self) -> str:
        """Everything about it, for `--help` and for documents."""
        said = [self.help]
        if self.choices:
            said.append(f"One of {', '.join(self.choices)}.")
        elif self.range:
            said.append(f"{self.range[0].upper()}{self.range[1:]}.")
        if self.usual:
            said.append(f"Where not given: {self.usual}.")
        return " ".join(said)

    def check(self, name: str, value) -> None:
        """Refuses a value that the setting cannot have.

        Args:
            name: The setting's.
            value: Not None.

        Raises:
            RequestError: Says what is expected.
        """
        if self.choices and value not in self.choices:
            if self.read is not None and not value.isidentifier():
                self.read(value)
                return
            raise RequestError(
                f"`{name}` is one of {', '.join(self.choices)}. Received: "
                f"{value}. Nearest: {nearest(str(value), self.choices)[0]}"
            )
        if not self.choices and self.range and not isinstance(value, str):
            self._check_number(name, value)

    def _check_number(self, name: str, value) -> None:
        # Written so that what is no number (NaN) is refused as well.
        fits = (
            (self.low is None or value >= self.low)
            and (self.high is None or value <= self.high)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
        )
        if not fits:
            lies = "lies in" if "…" in self.range else "is"
            raise RequestError(
                f"`{name}` {lies} {self.range}. Received: {value}"
            )


def row(default, help: str, *, group: str, **more):
    """Makes the field of a setting.

    Args:
        default: Its value where it is not given.
        help: What it does.
        group: The heading under which it stands.
        **more: Fields of `Setting`.
    """
    setting = Setting(help, group, **more)
    return dataclasses.field(default=default, metadata={"setting": setting})


def required(help: str, *, group: str, **more):
    """Makes the field of a setting that has to be given from Python."""
    setting = Setting(help, group, **more)
    return dataclasses.field(metadata={"setting": setting})


def changed(config: type, name: str, *, default=dataclasses.MISSING, **more):
    """Makes the field of a setting anew where a command takes it otherwise.

    Args:
        config: The configuration that has it already.
        name: The setting's.
        default: Its value here, where that is another one.
        **more: Fields of `Setting` that are different here.
    """
    field = next(f for f in dataclasses.fields(config) if f.name == name)
    if default is dataclasses.MISSING:
        default = field.default
    setting = dataclasses.replace(field.metadata["setting"], **more)
    return dataclasses.field(default=default, metadata={"setting": setting})


def settings_of(config: type) -> dict[str, Setting]:
    """Returns a configuration's settings by their names.

    Example:

    ```python
    from pipelines.runs.config import RunConfig
    from pipelines.runs.settings import settings_of
    assert settings_of(RunConfig)["seed"].range == "0…2147483647"
    ```
    """
    return {
        field.name: field.metadata["setting"]
        for field in dataclasses.fields(config)
    }


def types_of(config: type) -> dict[str, tuple[type, ...]]:
    """Returns the types that each setting's value may have, in order.

    `float | str | None` is a number, or a word in its place, or nothing.

    Example:

    ```python
    from pipelines.runs.config import RunConfig
    from pipelines.runs.settings import types_of
    assert types_of(RunConfig)["epochs"] == (int, type(None))
    ```
    """
    hints = typing.get_type_hints(config)
    return {
        field.name: _types(hints[field.name])
        for field in dataclasses.fields(config)
    }


def _types(hint) -> tuple[type, ...]:
    union = isinstance(hint, types.UnionType)
    members = typing.get_args(hint) if union else (hint,)
    return tuple(typing.get_origin(each) or each for each in members)


# What a value is that is no text.
_KINDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    tuple: "several values",
}


def expected(kinds: tuple[type, ...]) -> str:
    """Says what a value is that may have these types, see `types_of`."""
    word = f" or {AUTO!r}" if str in kinds else ""
    return _KINDS[kinds[0]] + word


def default_of(config: type, name: str):
    """Returns what a setting is where nobody gives it."""
    return config.__dataclass_fields__[name].default


def check(config) -> None:
    """Refuses values out of their ranges, or without a meaning together.

    Args:
        config: A configuration.

    Raises:
        RequestError: Names the setting.
    """
    kinds = types_of(type(config))
    for name, setting in settings_of(type(config)).items():
        value = getattr(config, name)
        if value is None:
            continue
        is_word = str in kinds[name] and (
            value == AUTO or kinds[name][0] is str
        )
        if isinstance(value, str) and not is_word:
            raise RequestError(
                f"`{name}` is {expected(kinds[name])}. Received: {value!r}"
            )
        setting.check(name, value)
        if is_given(config, name):
            _check_meaning(config, name, setting)


def is_given(config, name: str) -> bool:
    """Whether a setting is another than where nobody gives it."""
    value, default = getattr(config, name), default_of(type(config), name)
    if default is dataclasses.MISSING:
        return value is not None
    return value != default


def _check_meaning(config, name: str, setting: Setting) -> None:
    """Refuses a setting that would be ignored beside the others."""
    if setting.only_with:
        other, values = setting.only_with
        if getattr(config, other) not in values:
            raise RequestError(
                f"`{name}` is for `{other}={' or '.join(values)}`, not for "
                f"{getattr(config, other)}. Leave it out."
            )
    if setting.needs and not any(is_given(config, n) for n in setting.needs):
        needed = " or ".join(f"`{other}`" for other in setting.needs)
        raise RequestError(
            f"`{name}` has no meaning without {needed}. Give that, too, or "
            f"leave `{name}` out."
        )


def documented(config: type) -> type:
    """Adds what each setting is to a configuration's documentation."""
    lines = ["", "", "    Args:"]
    for name, setting in settings_of(config).items():
        lines.append(f"        {name}: {setting.sentence}")
    config.__doc__ = (config.__doc__ or "").rstrip() + "\n".join(lines)
    return config
