"""What an evaluation says beside its numbers: when to believe them."""

import dataclasses
import functools

from pipelines.evaluation.answering import check_tells_one
from pipelines.evaluation.held_out import ToJudge
from pipelines.evaluation.saved_models import JudgedModels
from pipelines.evaluation.trust.doubts import doubt_section
from pipelines.evaluation.trust.group_section import group_section
from pipelines.evaluation.trust.group_table import read_groups
from pipelines.evaluation.trust.halves import sha256_of_all
from pipelines.evaluation.trust.held_answers import held_answers
from pipelines.evaluation.trust.other_pictures import open_others
from pipelines.evaluation.trust.other_pictures import others_section
from pipelines.evaluation.trust.running import below_head
from pipelines.evaluation.trust.silence_section import silence_section
from pipelines.evaluation.tta import NO_VIEWS
from pipelines.pages.sections import Section
from pipelines.runs.split_list import HASHED
from pipelines.runs.split_list import read_split
from pipelines.tasks.table import task_of_model
from pipelines.tasks.task import Judged
from zoo.errors import RequestError


def looking_also(
    opened: JudgedModels,
    chosen: ToJudge,
    *,
    groups: str | None = None,
    ood: str | None = None,
    tta: str = NO_VIEWS,
) -> ToJudge:
    """Adds what is looked for beside the usual; wrong words are said at once.

    Args:
        opened: What is judged.
        chosen: The pictures.
        groups: A table that says which group each picture is in.
        ood: A folder of pictures of something else than it has learned.
        tta: Which views of each picture are averaged.

    Raises:
        RequestError: There is no such table, or the model cannot be asked.
        DataError: The table or the pictures cannot be used.
    """
    check_tells_one(opened.first, groups=groups, ood=ood)
    beside = []
    if groups is not None:
        where = opened.source.model if opened.source else ""
        listed = read_split(where)
        known = listed.names if listed else ()
        found = read_groups(groups, chosen.examples, known)
        beside.append(functools.partial(_by_group, found))
    if ood is not None:
        if opened.several:
            raise RequestError(
                f"`ood={ood}` is for one model, and these are several. Give "
                "one of them as `model`."
            )
        if tta != NO_VIEWS:
            raise RequestError(
                f"`ood={ood}` compares what is said of one view of each "
                f"picture, and `tta={tta}` averages several. Leave one of the "
                "two out."
            )
        below_head(opened.first)
        others = open_others(ood, chosen.examples.upright)
        beside.append(functools.partial(_by_others, others))
    return dataclasses.replace(chosen, beside=tuple(beside))


def _by_group(groups, opened: JudgedModels, judged: Judged) -> Section:
    return group_section(groups, judged)


def _by_others(others, opened: JudgedModels, judged: Judged) -> Section:
    where = opened.source.model if opened.source else ""
    return others_section(opened.first, where, judged, others)


def with_sections(
    opened: JudgedModels, judged: Judged, chosen: ToJudge
) -> Judged:
    """Returns what was judged, with what was found beside it.

    Args:
        opened: The model, or several.
        judged: The pictures, and what it makes of them.
        chosen: Where they are from, and what else is looked for.
    """
    sections = [find(opened, judged) for find in chosen.beside]
    # Of what was learned from nothing of this can be said.
    if not task_of_model(opened.first).several and not chosen.seen:
        few = len(judged.examples) <= HASHED
        keys = sha256_of_all(judged.examples) if few else None
        sections.append(silence_section(held_answers(judged, keys)))
        sections.append(doubt_section(judged, keys))
    metrics = dict(judged.metrics)
    for section in sections:
        metrics |= section.metrics
    return dataclasses.replace(
        judged, metrics=metrics, sections=tuple(sections)
    )
