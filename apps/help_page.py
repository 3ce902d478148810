"""What `--help` shows: what a command does, and its flags by their purpose."""

import re
import textwrap

from apps.run_flags import usual_value
from pipelines.runs.config import GROUPS
from pipelines.runs.settings import Setting
from pipelines.runs.settings import settings_of
from pipelines.runs.settings import types_of

_WIDTH = 79
_INDENT = " " * 6
# A command as a docstring shows it.
_SHOWN = re.compile(r"(?m)^( {4,})zoo ")
_VALUES = {int: "N", float: "X", str: "…", tuple: "…,…"}


def help_page(text: str, configs, prefix: str, *, full: bool) -> str:
    """Returns the page.

    Args:
        text: The command's documentation.
        configs: The classes of its settings.
        prefix: What stands before a command's name where it is typed.
        full: Whether seldom used flags are there, too.
    """
    groups: dict[str, list[str]] = {name: [] for name in GROUPS}
    hidden = 0
    for config in configs:
        for name, setting in settings_of(config).items():
            if not setting.is_flag:
                continue
            if full or setting.common:
                line = _flag(config, name, setting)
                groups.setdefault(setting.group, []).append(line)
            else:
                hidden += 1
    parts = [as_called(text.strip(), prefix)]
    for heading, lines in groups.items():
        if lines:
            parts.append("\n".join([f"{heading}:", *lines]))
    if hidden:
        parts.append(f"--helpfull lists {hidden} more.")
    return "\n\n".join(parts)


def as_called(text: str, prefix: str) -> str:
    """Writes the commands of a docstring as this program was called."""
    return _SHOWN.sub(lambda found: found[1] + prefix, text)


def example(text: str, prefix: str) -> str:
    """Returns the first command that a docstring shows."""
    lines = as_called(text, prefix).splitlines()
    shown = (line.strip() for line in lines if line.startswith("    "))
    return next(shown, "").rstrip("\\").strip()


def _flag(config: type, name: str, setting: Setting) -> str:
    kind = types_of(config)[name][0]
    head = f"--[no]{name}" if kind is bool else f"--{name}={_VALUES[kind]}"
    said = setting.sentence
    usual = usual_value(config, name)
    if not setting.usual and usual not in (None, "", ()):
        usual = str(usual).lower() if kind is bool else usual
        said += f" Default: {usual}."
    body = textwrap.wrap(
        said, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT
    )
    return "\n".join([f"  {head}", *body])
