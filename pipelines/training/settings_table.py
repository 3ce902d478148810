"""All settings of a run as a document, out of their rows.

python -m pipelines.training.settings_table > docs/settings.md
"""

import dataclasses

from pipelines.runs.config import GROUPS
from pipelines.runs.options import RunOptions
from pipelines.runs.settings import Setting
from pipelines.runs.settings import default_of
from pipelines.runs.settings import expected
from pipelines.runs.settings import settings_of
from pipelines.runs.settings import types_of
from pipelines.training.config import FinetuneConfig
from pipelines.training.config import TrainConfig

_HEAD = """# Settings

Written by `python -m pipelines.training.settings_table`, out of the rows that
also make the flags and check the values. A setting `name` is the flag
`--name` of `zoo train` and `zoo finetune`, a field of `TrainConfig` and
`FinetuneConfig`, and an argument of `pipelines.finetune`. The two columns in
the middle say what it is where nobody gives it; – where there is no such
setting.
"""
_COLUMNS = ("setting", "values", "train", "finetune", "what it does")
_NONE = "–"


def settings_page() -> str:
    """Returns the document.

    Example:

    ```python
    from pipelines.training.settings_table import settings_page
    assert "| `epochs` | 1…1000000 | 30 |" in settings_page()
    ```
    """
    parts = [_HEAD]
    for heading in GROUPS:
        rows = [_COLUMNS, ("---",) * len(_COLUMNS), *_rows(heading)]
        table = "\n".join(map(_line, rows))
        parts.append(f"## {heading}\n\n{table}\n")
    return "\n".join(parts)


def _line(cells) -> str:
    # A stroke in a cell would end it.
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def _rows(heading: str):
    """The rows of a heading, in the order of the fields."""
    train, finetune = (
        {**settings_of(config), **settings_of(RunOptions)}
        for config in (TrainConfig, FinetuneConfig)
    )
    for name in {**train, **finetune}:
        setting = finetune.get(name) or train[name]
        if setting.group == heading:
            # What several commands say differently, fine-tuning says longer.
            yield (
                f"`{name}`",
                _values(name, setting),
                _usual(TrainConfig, name, train.get(name)),
                _usual(FinetuneConfig, name, finetune.get(name)),
                setting.help,
            )


def _values(name: str, setting: Setting) -> str:
    if setting.choices:
        return ", ".join(setting.choices)
    own = types_of(FinetuneConfig) | types_of(RunOptions)
    kinds = own[name]
    if kinds[0] is str:
        return "text"
    return setting.range or expected(kinds)


def _usual(config: type, name: str, setting: Setting | None) -> str:
    if setting is None:
        return _NONE
    owner = config if name in settings_of(config) else RunOptions
    value = setting.flag_default
    value = default_of(owner, name) if value is None else value
    if value is dataclasses.MISSING:
        return setting.usual or "has to be given"
    if value in (None, ()):
        return setting.usual or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    print(settings_page(), end="")
