"""What one model of many leaves in its folder, which is that of a run.

| file | holds |
|---|---|
| `model.keras` | the model |
| `ensemble.json` | its members, what was tried, and what each reaches |
| `split.csv` | what its members learned from and what chose, and what judged |
| `report.html` and the others | as `pipelines.evaluation.judged_files` says |
"""

import dataclasses

from pipelines.data.examples import Splits
from pipelines.evaluation.ensembles.combining import Combined
from pipelines.evaluation.ensembles.combining import Mixture
from pipelines.evaluation.judged_files import write_judged
from pipelines.evaluation.saved_models import JudgedModels
from pipelines.evaluation.saved_models import ModelSource
from pipelines.runs.run_folder import RunFolder
from pipelines.runs.split_list import write_split
from pipelines.tasks.table import task_of_model

FACTS = "ensemble.json"


def write_combined(combined: Combined, mixture: Mixture, output) -> None:
    """Writes one model of many; `metrics.json`, the sign of the end, last.

    Args:
        combined: The model, and what is known of it.
        mixture: What was asked for.
        output: A new folder.

    Raises:
        RequestError: The folder holds a run already.
        OSError: The disk is full or the folder cannot be written.
    """
    model, parts = combined.model, combined.parts
    with RunFolder(output) as folder:
        asked = dataclasses.asdict(mixture)
        upright = asked.pop("upright")
        orientation = "upright" if upright else "ignore"
        asked = {**asked, "data": mixture.judge or mixture.data}
        folder.write_config(
            {
                **asked,
                "model": model.name,
                "chosen_by": mixture.data,
                "orientation": orientation,
            }
        )
        write_split(
            folder.path,
            Splits(parts.choosing, parts.judging),
            inherited=mixture.models,
        )
        file = folder.save_model(model)
        folder.write_json(FACTS, combined.facts)
        source = ModelSource.of_files(str(output), [file])
        write_judged(
            folder,
            task_of_model(model),
            combined.judged,
            opened=JudgedModels({model.name: model}, source),
        )


def describe(facts: dict) -> list[str]:
    """Says in lines what is known of one model of many.

    Args:
        facts: As `Combined.facts` has them.
    """
    lines = [
        f"{member['top1']:.2%} by {member['model']} "
        f"({member['choosing_top1']:.2%} on what chooses)"
        for member in facts["members"]
    ]
    chosen = facts.get("chosen")
    if chosen:
        way = "measured anew" if chosen["fresh_statistics"] else "as they were"
        lines.append(
            f"a soup of {', '.join(chosen['models'])}; BatchNorm's statistics "
            f"{way}"
        )
    low, high = facts["top1_interval"]
    lines.append(
        f"top-1 {facts['top1']:.2%} ({low:.2%} … {high:.2%}) on pictures that "
        f"chose nothing; the best member has {facts['best_member_top1']:.2%}; "
        f"by chance alone p = {facts['p']:.3g}"
    )
    return lines
