"""JSON that every reader takes: NaN and infinity are no JSON."""

import json
import math


def dumps(content, **options) -> str:
    """Writes as `json.dumps` does, null where a number is none.

    Args:
        content: Of dicts, lists, strings and numbers.
        **options: Of `json.dumps`.

    Example:

    ```python
    from zoo.plain_json import dumps
    assert dumps({"loss": float("nan"), "top1": [0.5]}) == (
        '{"loss": null, "top1": [0.5]}')
    ```
    """
    return json.dumps(_plain(content), allow_nan=False, **options)


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
