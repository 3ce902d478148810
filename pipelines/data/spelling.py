"""One name written in several ways: by people, by systems, by programs.

macOS writes "größe" in two code points more than Linux does (NFD instead of
NFC), spreadsheets leave blanks behind commas, and some people write `Train`.
"""

import itertools
import json
import re
import unicodedata
from collections.abc import Callable
from collections.abc import Iterable

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


def told_apart(
    names: Iterable[str],
    taken: Iterable[str] = (),
    *,
    same: Callable[[str], str] = str,
) -> list[str]:
    """Returns names of which no two are alike: columns, folders.

    What is like one before it, or is taken, has a number behind it that makes
    it like no other.

    Args:
        names: In their order.
        taken: What none of them may be called.
        same: What two names are compared by.

    Example:

        >>> from pipelines.data.spelling import told_apart
        >>> told_apart(["ant", "label", "ant", "ant-2"], ["label"])
        ['ant', 'label-2', 'ant-3', 'ant-2']
    """
    names = list(names)
    used = set(map(same, taken))
    every = used | set(map(same, names))
    found = []
    for name in names:
        own = name
        if same(own) in used:
            own = next(
                numbered
                for numbered in (f"{name}-{i}" for i in itertools.count(2))
                if same(numbered) not in every
            )
        used.add(same(own))
        every.add(same(own))
        found.append(own)
    return found
