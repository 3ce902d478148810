"""What a report says of groups of pictures."""

import dataclasses

from pipelines.data.examples import Examples
from pipelines.evaluation.trust.group_table import NOT_LISTED
from pipelines.evaluation.trust.group_table import PictureGroups
from pipelines.evaluation.trust.groups import LEAST
from pipelines.evaluation.trust.groups import GroupFigures
from pipelines.evaluation.trust.groups import by_group
from pipelines.evaluation.trust.groups import largest_gap
from pipelines.pages.sections import Section
from pipelines.tasks.answers import Answers
from pipelines.tasks.class_summary import class_names
from pipelines.tasks.task import Judged

_TOO_FEW = "too few to say"
_NAMES = (
    *("group", "pictures", "right", "95 %", "worst class"),
    *("calibration error", "surer than right", "95 %"),
)


def group_section(groups: PictureGroups, judged: Judged) -> Section:
    """Judges each group by itself, and says how far they are apart.

    Args:
        groups: Of the pictures that are judged, in their order.
        judged: The pictures, and what a classifier makes of them.
    """
    examples, logits = judged.examples, judged.outputs
    answers = Answers.of(logits, examples.labels)
    names = class_names(examples, logits.shape[1])
    found = {
        column: by_group(column, values, answers, names)
        for column, values in groups.columns.items()
    }
    gaps = {
        column: largest_gap([each for each in figures if _is_group(each)])
        for column, figures in found.items()
    }
    rows = [each for figures in found.values() for each in figures]
    return Section(
        "Group by group",
        _notes(groups, gaps, examples),
        (
            _NAMES,
            *(_row(each) for each in rows),
        ),
        files={
            "groups": [
                [each.name for each in dataclasses.fields(GroupFigures)],
                *([*dataclasses.astuple(each)] for each in rows),
            ]
        },
        metrics={
            "groups": {
                column: {each.group: _as_json(each) for each in figures}
                for column, figures in found.items()
            },
            "group_gaps": gaps,
        },
    )


def _is_group(figures: GroupFigures) -> bool:
    return figures.group != NOT_LISTED


def _as_json(figures: GroupFigures) -> dict:
    held = dataclasses.asdict(figures)
    return {key: held[key] for key in held if key not in ("column", "group")}


def _notes(groups: PictureGroups, gaps: dict, examples: Examples):
    told = [
        f"{column}: the best and the worst group are {gap:.1%} apart"
        if gap is not None
        else f"{column}: fewer than two groups have enough pictures to compare"
        for column, gap in gaps.items()
    ]
    notes = [
        ". ".join(told) + ".",
        f"Of a group with fewer than {LEAST} pictures nothing is said. "
        "Intervals hold for a group by itself: among many groups one lies "
        "outside of its own by chance. What these pictures show of groups "
        "need not be so of others, least of all of people.",
    ]
    if groups.unlisted:
        notes.append(
            f"{groups.unlisted:,} of the {len(examples):,} pictures are not "
            "listed in the table."
        )
    if groups.left_out:
        notes.append(
            f"Left out, for it has too many values: "
            f"{', '.join(groups.left_out)}."
        )
    return tuple(notes)


def _row(each: GroupFigures) -> tuple[str, ...]:
    start = (f"{each.column}: {each.group}", f"{each.pictures:,}")
    if each.top1 is None:
        return (*start, _TOO_FEW, *["–"] * 5)
    worst = "–"
    if each.worst_recall is not None:
        worst = f"{each.worst_class} {each.worst_recall:.1%}"
    return (
        *start,
        f"{each.top1:.1%}",
        f"{each.low:.1%} … {each.high:.1%}",
        worst,
        f"{each.calibration_error:.1%}",
        f"{each.overconfidence:+.1%}",
        f"{each.overconfidence_low:+.1%} … {each.overconfidence_high:+.1%}",
    )
