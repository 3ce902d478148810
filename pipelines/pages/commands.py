"""Commands as a person types them, in messages and on pages.

A program is called as `zoo finetune …` or `python -m apps.finetune …`; what it
prints for the next step is written the same way.
"""

import shlex

_INSTALLED = "zoo "
_prefix = _INSTALLED


def called_as(prefix: str) -> None:
    """Says how this program was called.

    Args:
        prefix: What stands before a command's name, such as `"zoo "` or
            `"python -m apps."`.
    """
    global _prefix
    _prefix = prefix


def command(name: str, *words: str, **flags) -> str:
    """Writes a command with its flags.

    Args:
        name: Of the command, such as `"finetune"`.
        words: What stands behind the flags, as it is.
        flags: By their names; True and False become `--name` and `--noname`,
            None is left out.

    Example:

    ```python
    from pipelines.pages.commands import command
    assert command("predict", "IMAGE", model="a run") == (
        "zoo predict --model='a run' IMAGE")
    ```
    """
    written = [_flag(*each) for each in flags.items() if each[1] is not None]
    return " ".join([f"{_prefix}{name}", *written, *words])


def _flag(name: str, value) -> str:
    if isinstance(value, bool):
        return f"--{'' if value else 'no'}{name}"
    return f"--{name}={quoted(str(value))}"


def quoted(text: str) -> str:
    r"""Writes a text as one word of a shell, whatever is in it.

    Backticks, between which our errors have the names of settings, stand by
    themselves: no name is between them here.

    Example:

    ```python
    from pipelines.pages.commands import quoted
    assert quoted("a run") == "'a run'"
    assert quoted("a `seed` b") == "'a '\\`'seed'\\`' b'"
    ```
    """
    parts = [part.replace("'", "'\"'\"'") for part in text.split("`")]
    if len(parts) == 1:
        return shlex.quote(text)
    return "\\`".join(f"'{part}'" for part in parts)


def tensorboard(folder) -> str:
    """Writes the command that shows the runs of a folder.

    Example:

    ```python
    from pipelines.pages.commands import tensorboard
    assert tensorboard("my runs") == "tensorboard --logdir='my runs'"
    ```
    """
    return f"tensorboard --logdir={quoted(str(folder) or '.')}"
