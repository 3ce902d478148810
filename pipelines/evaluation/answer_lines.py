"""Answers as lines: for people, as JSON, as a table with a row a picture."""

import io

from pipelines.data.spelling import listed
from pipelines.data.spelling import told_apart
from pipelines.evaluation.answering import NONE_OF_THEM
from pipelines.evaluation.answering import NOT_SURE
from pipelines.evaluation.answering import UNLIKE
from pipelines.evaluation.answering import Asking
from pipelines.evaluation.answering import PictureAnswer
from pipelines.evaluation.prediction import class_names_in
from pipelines.tasks.table import task_of_model
from zoo.plain_csv import table_writer
from zoo.plain_json import dumps


class TextLines:
    """The picture, and its answers below it.

    Args:
        model: A model of the zoo.
        asking: What was asked.
        all_classes: Whether every class is told.
    """

    def __init__(self, model, asking: Asking, *, all_classes: bool):
        self.first = []
        self._threshold = asking.threshold

    def lines(self, found: PictureAnswer) -> list[str]:
        """Returns the lines of a picture."""
        told = [f"  {answer}" for answer in found.answers]
        if not told:
            told = [f"  {NONE_OF_THEM}"]
        if not found.sure:
            told.insert(0, f"  {NOT_SURE}: below {self._threshold:.2%}")
        if found.unlike:
            told.insert(0, f"  {UNLIKE}")
        return [found.picture, *told]


class JsonLines(TextLines):
    """A line of JSON a picture."""

    def lines(self, found: PictureAnswer) -> list[str]:
        row = found.as_json(threshold=self._threshold)
        return [dumps(row, ensure_ascii=False)]


class CsvLines:
    """A table with a row a picture.

    `predicted` is the likeliest class also where `sure` says that it is below
    the threshold; where a picture may show several classes it is a JSON list
    of those that are said. With all classes each has a column of its own,
    with a number behind its name where another column is called so.

    Args:
        model: A model of the zoo.
        asking: What was asked.
        all_classes: Whether every class has a column.
    """

    def __init__(self, model, asking: Asking, *, all_classes: bool):
        task = task_of_model(model)
        self._several = task.several
        self._most = asking.top or 1
        self._threshold = asking.threshold
        self._columns = task.class_names if all_classes else ()
        header = ["picture", "predicted"]
        if not self._several:
            header.append("probability")
            for place in range(2, self._most + 1):
                header += [f"predicted_{place}", f"probability_{place}"]
        if self._threshold is not None:
            header.append("sure")
        self._asks_unlike = asking.unlike is not None
        if self._asks_unlike:
            header.append("unlike")
        columns = class_names_in(self._columns, asking.language)
        self.first = [_line([*header, *told_apart(columns, header)])]

    def lines(self, found: PictureAnswer) -> list[str]:
        """Returns the line of a picture."""
        if self._several:
            cells = [listed(answer.name for answer in found.said)]
        else:
            cells = self._ranked(found.answers[: self._most])
        if self._threshold is not None:
            cells.append(str(found.sure).lower())
        if self._asks_unlike:
            cells.append(str(found.unlike).lower())
        likely = {answer.name: answer.probability for answer in found.every}
        cells += [f"{likely[name]:.6f}" for name in self._columns]
        return [_line([found.picture, *cells])]

    def _ranked(self, answers: list) -> list:
        cells = []
        for answer in answers:
            cells += [answer.name, f"{answer.probability:.6f}"]
        return cells + [""] * (2 * self._most - len(cells))


def _line(cells: list) -> str:
    text = io.StringIO(newline="")
    table_writer(text).writerow(cells)
    return text.getvalue().removesuffix("\n")


LINES = {"text": TextLines, "json": JsonLines, "csv": CsvLines}
