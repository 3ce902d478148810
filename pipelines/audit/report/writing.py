"""What an audit found, as a page for people and as JSON for programs."""

import dataclasses
import pathlib

from pipelines.audit.auditing import Audit
from pipelines.audit.report.corrections import Corrections
from pipelines.audit.report.corrections import write_corrections
from pipelines.audit.report.page import as_page
from pipelines.audit.report.table import as_table
from pipelines.waiting.work import work
from zoo.plain_json import dumps
from zoo.weights.atomic import write_atomically

PAGE = "report.html"
TABLE = "report.json"


@dataclasses.dataclass(frozen=True)
class Report:
    """What was written.

    Args:
        page: Where the page is.
        corrections: The list to correct beside it.
    """

    page: pathlib.Path
    corrections: Corrections


@work("writing the report")
def write_report(audit: Audit, folder) -> Report:
    """Writes `report.html` and `report.json`, each whole or not at all.

    The page needs nothing but itself: styles and thumbnails are inside. It
    runs one script of ours, and only where there are labels to correct; then
    `corrections.csv` lies beside it.

    Args:
        audit: What was found.
        folder: Where to, a folder that exists.
    """
    folder = pathlib.Path(folder)
    table = dumps(as_table(audit), indent=1)
    write_atomically(folder / TABLE, table.encode())
    corrections = write_corrections(audit, folder)
    write_atomically(folder / PAGE, as_page(audit))
    return Report(folder / PAGE, corrections)
