"""Times as people say them."""


def duration(seconds: float) -> str:
    """Writes a duration as people do: `48 s`, `12 min`, `3 h 20 min`.

    Example:

    ```python
    from pipelines.waiting.durations import duration
    assert duration(48.4) == "48 s" and duration(12_000) == "3 h 20 min"
    ```
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 100:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
