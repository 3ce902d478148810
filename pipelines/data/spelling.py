"""One name written in several ways: by people, by systems, by programs.

macOS writes "größe" in two code points more than Linux does (NFD instead of
NFC), spreadsheets leave blanks behind commas, and some people write `Train`.
"""

import json
import re
import unicodedata

# A name of a class that is longer was meant to be something else.
LONGEST = 255
_SHOWN = 60


def canonical(name: str) -> str:
    """Returns a name as it is compared: NFC, without blanks at its ends.

    Example:

        >>> from pipelines.data.spelling import canonical
        >>> canonical("gro\\u0308ße ") == "größe"
        True
    """
    return unicodedata.normalize("NFC", name).strip()


def folded(name: str) -> str:
    """Returns a name as it is compared where capitals do not count."""
    return canonical(name).casefold()


def words(name: str) -> list[str]:
    """Returns the words of a name: letters between anything else.

    Example:

        >>> from pipelines.data.spelling import words
        >>> words("Seg_train-2017"), words("trainingSet")
        (['seg', 'train'], ['training', 'set'])
    """
    humps = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", canonical(name))
    return re.findall(r"[^\W\d_]+", humps.casefold())


def problem_of(name: str) -> str:
    """Returns why a name cannot be a class's, or ""."""
    if not name:
        return "it is empty"
    if len(name) > LONGEST:
        return f"it has {len(name):,} characters, more than {LONGEST}"
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "it is not UTF-8"
    return ""


def shown(text: str) -> str:
    """Returns a text for a message: in quotes, on one line, never long."""
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return repr(short)


def listed(names) -> str:
    """Writes several classes of a picture as one label: a JSON list, sorted.

    Example:

        >>> from pipelines.data.spelling import listed
        >>> listed(["dog", "cat"])
        '["cat", "dog"]'
    """
    return json.dumps(sorted(names), ensure_ascii=False)
