"""Flags out of rows: all that is said of a setting makes its flag.

A command has the settings of one or several dataclasses of rows
(`pipelines.runs.settings`). Here they become absl's flags, and the flags that
are given become the dataclasses again, with a recipe under them where there
is one.
"""

import dataclasses
from types import NoneType

from absl import flags

from pipelines.runs.config import RunConfig
from pipelines.runs.held_settings import held_settings
from pipelines.runs.places import new_folder
from pipelines.runs.recipes import settings_of as recipe_settings
from pipelines.runs.settings import AUTO
from pipelines.runs.settings import default_of
from pipelines.runs.settings import expected
from pipelines.runs.settings import settings_of
from pipelines.runs.settings import types_of
from zoo.errors import RequestError

_LENGTH = {"epochs", "learning_rate"}
_BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "1"), True),
    **dict.fromkeys(("false", "f", "no", "0"), False),
}


def value_of(text: str, kinds: tuple[type, ...]):
    """Reads what a person has written as a setting's value.

    Args:
        text: `none` is nothing, where that may be; several values stand
            between commas.
        kinds: What it may be, as `types_of` has it.

    Raises:
        ValueError: It is none of them.
    """
    if text == "none" and NoneType in kinds:
        return None
    if kinds[0] is str or (text == AUTO and str in kinds):
        return text
    if kinds[0] is tuple:
        return tuple(word.strip() for word in text.split(",") if word.strip())
    if kinds[0] is bool:
        if text.lower() not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text.lower()]
    return kinds[0](text)


class MissingError(RequestError):
    """A setting that has to be given is not; `name` says which."""

    def __init__(self, name: str):
        super().__init__(f"`{name}` is missing")
        self.name = name


class _Parser(flags.ArgumentParser):
    """Reads a word as a value of the types that a setting may have."""

    def __init__(self, kinds: tuple[type, ...]):
        self.kinds = kinds

    def parse(self, argument):
        if isinstance(argument, str):
            return value_of(argument, self.kinds)
        return argument


class _Flag(flags.Flag):
    """A flag that says in our words what is wrong with its value."""

    def _parse(self, argument):
        try:
            return self.parser.parse(argument)
        except ValueError as error:
            raise flags.IllegalFlagValueError(
                f"`{self.name}` is {expected(self.parser.kinds)}. Received: "
                f"{argument!r}"
            ) from error


def define(*configs: type) -> None:
    """Defines a flag for every setting of some configurations."""
    for config in configs:
        kinds = types_of(config)
        for name, setting in settings_of(config).items():
            if setting.is_flag:
                flag = _Flag(
                    _Parser(kinds[name]),
                    flags.ArgumentSerializer(),
                    name,
                    usual_value(config, name),
                    setting.sentence,
                    boolean=kinds[name][0] is bool,
                )
                flags.DEFINE_flag(flag)


def usual_value(config: type, name: str):
    """Returns what a flag is where it is not given; None where it has to be."""
    usual = settings_of(config)[name].flag_default
    usual = default_of(config, name) if usual is None else usual
    return None if usual is dataclasses.MISSING else usual


def read(config: type, **words):
    """Makes a configuration of the flags.

    Args:
        config: Its class.
        **words: Settings that were given beside the flags.

    Raises:
        MissingError: A setting that has to be given is not.
        RequestError: A value is out of its range.
    """
    found = {
        name: flags.FLAGS[name]
        for name, setting in settings_of(config).items()
        if setting.is_flag
    }
    given = {name: flag.value for name, flag in found.items() if flag.present}
    given |= words
    recipe = recipe_settings(given.get("recipe"), given)
    values = {name: flag.value for name, flag in found.items()}
    if issubclass(config, RunConfig):
        values |= _settings_held(config, given)
    values |= recipe | words
    for name, kinds in types_of(config).items():
        if NoneType not in kinds and _is_missing(config, name, values):
            raise MissingError(name)
    if issubclass(config, RunConfig) and not values["output"]:
        values["output"] = new_folder(values["data"], values["model"])
    return config(**values)


def _settings_held(config: type[RunConfig], given: dict) -> dict:
    """The settings of the run that is to be repeated, but for those given."""
    path = flags.FLAGS["config"].value if "config" in flags.FLAGS else None
    if path is None:
        return {}
    held = held_settings(path, config)
    left = _left(given, held)
    return {name: held[name] for name in held if name not in left}


def _left(given: dict, held: dict) -> set[str]:
    """What is not taken from a run where this is given."""
    anew = {"output", *given}
    # It was the size that was judged, which is another one now.
    if "image_size" in given and held["train_size"] == held["image_size"]:
        anew.add("train_size")
    # A plan says epochs and rates itself.
    if "plan" in given:
        anew |= _LENGTH
    if _LENGTH & given.keys():
        anew.add("plan")
    return anew


def _is_missing(config: type, name: str, values: dict) -> bool:
    default = default_of(config, name)
    return values.get(name, default) in (None, dataclasses.MISSING)
