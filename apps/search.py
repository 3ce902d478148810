"""Finds the pictures of a data set that are most like a picture.

    zoo search cat.jpg dog.jpg --index=features.npz --output=hits.html

The index is what the command features wrote; the query goes through the same
model. Prints a table and writes a page with the pictures. Every picture is
compared by cosine distance; above 1,000,000 an index of faiss is built once
and kept beside the features. Exit codes: 0 done, 2 a wrong request, 3 bad
data, 4 a damaged file, or a model that is not the one of the index.
"""

import dataclasses
import os

from apps.bar import Bar
from apps.checks import check_pictures
from apps.command import launch
from apps.command import say
from apps.command import tell
from apps.new_places import check_new_file
from apps.shared_settings import GIVEN
from apps.shared_settings import HOW
from apps.shared_settings import Asked
from apps.shared_settings import output
from pipelines.pages.commands import command
from pipelines.runs.settings import required
from pipelines.runs.settings import row
from zoo.errors import RequestError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Searching(Asked):
    """What is looked for, and where."""

    index: str = required(
        "A file that the command features wrote.", group=GIVEN, common=True
    )
    query: tuple[str, ...] = required(
        "The pictures to find others for, between commas.",
        group=GIVEN,
        common=True,
    )
    top: int = row(
        9,
        "How many pictures are found for each, the nearest first.",
        group=HOW,
        low=1,
        common=True,
    )
    output: str = output("hits.html", "The page to write, new.")


def check(asked: Searching) -> None:
    check_new_file(asked.output)
    if not asked.query:
        raise RequestError("`query` names no picture.")
    if not os.path.exists(asked.index):
        features = command("features", model="RUN", output=asked.index)
        raise RequestError(
            f"There is no file of features {asked.index}. Write one by "
            f"{features} PHOTOS"
        )
    check_pictures(asked.query)


def run(asked: Searching) -> None:
    from pipelines.features.searching import search
    from pipelines.features.searching import write_page

    found = search(
        asked.index,
        asked.query,
        asked.top,
        say=tell,
        progress=Bar("sorting", "vector"),
    )
    for answer in found.answers:
        say("\n".join(lines_of(answer)))
    write_page(found, asked.output)
    say(f"written to {asked.output}")


def lines_of(answer) -> list[str]:
    """Writes what was found for a query as lines of a table."""
    width = max((len(hit.label) for hit in answer.hits), default=0)
    lines = [answer.query]
    for hit in answer.hits:
        gone = "" if hit.encoded else "  (not there any more)"
        lines.append(
            f"  {hit.distance:.4f}  {hit.label:<{width}}  {hit.name}{gone}"
        )
    # Of file names, what is no UTF-8 is shown as a question mark.
    return [line.encode("utf-8", "replace").decode() for line in lines]


def cli() -> None:
    launch(run, Searching, word="query", check=check)


if __name__ == "__main__":
    cli()
