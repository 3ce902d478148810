"""Finds the pictures of a data set that are most like a picture.

    python -m apps.search --index=features.npz --query=cat.jpg,dog.jpg \\
        --output=hits.html

The index is what apps.features wrote; the query goes through the same model.
Prints a table and writes a page with the pictures. Every picture is compared
by cosine distance; above 1,000,000 an index of faiss is built once and kept
beside the features. Exit codes: 0 done, 2 a wrong request, 3 bad data, 4 a
damaged file, or a model that is not the one of the index.
"""

from absl import flags

from apps.command import Bar
from apps.command import check_new_file
from apps.command import launch
from apps.command import say


def define_flags() -> None:
    flags.DEFINE_string(
        "index", None, "A file of features, by apps.features.", required=True
    )
    flags.DEFINE_list("query", None, "Pictures, between commas.", required=True)
    flags.DEFINE_integer("top", 9, "How many to find for each.", lower_bound=1)
    flags.DEFINE_string("output", "hits.html", "The page to write, new.")


def run() -> None:
    from pipelines.features.searching import search
    from pipelines.features.searching import write_page
    from zoo.errors import RequestError

    values = flags.FLAGS
    check_new_file(values.output)
    if not values.query:
        raise RequestError("--query names no picture.")
    found = search(
        values.index,
        values.query,
        values.top,
        say=say,
        progress=Bar("sorting", "vector"),
    )
    for answer in found.answers:
        say("\n".join(lines_of(answer)))
    write_page(found, values.output)
    say(f"written to {values.output}")


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
    launch(run, define_flags)


if __name__ == "__main__":
    cli()
