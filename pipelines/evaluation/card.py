"""A run's model card: what its model is, for whoever is handed the folder.

Markdown, below metadata in YAML as model hubs read it (`card_metadata`).
"""

import hashlib
import pathlib

import zoo
from pipelines.evaluation.card_metadata import data_name
from pipelines.evaluation.card_metadata import licence_of
from pipelines.evaluation.card_metadata import metadata
from pipelines.evaluation.card_metadata import plain_name
from pipelines.pages.commands import command
from pipelines.runs.places import CARD
from pipelines.runs.places import MODEL
from pipelines.runs.places import SPLIT
from pipelines.runs.places import read_config
from pipelines.runs.split_list import SplitList
from pipelines.runs.split_list import read_split
from pipelines.tasks.interval import interval
from pipelines.tasks.task import Judged
from pipelines.tasks.task import Task
from zoo.errors import DataError
from zoo.weights.atomic import write_atomically

# What stands for markup in Markdown, HTML inside of it included.
_MARKUP = str.maketrans({each: f"\\{each}" for each in "\\`*_[]<>#|&~$!"})


def write_card(
    folder, task: Task, judged: Judged, *, model, run=None
) -> pathlib.Path:
    """Writes `card.md` into a folder, whole or not at all.

    It holds no path of this machine, and nothing that differs between two
    runs of the same bits but what their data and folders are called.

    Args:
        folder: Where to.
        task: What was learned.
        judged: The held-out pictures and what the model makes of them.
        model: What was trained.
        run: The folder of the run, with its `config.json` and `split.csv`, as
            far as they are there; `folder` where None.

    Returns:
        The card's path.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    folder = pathlib.Path(folder)
    run = folder if run is None else pathlib.Path(run)
    config = read_config(run)
    parts = [
        metadata(config, task, judged.metrics, model.name),
        f"# {_title(config, model)}",
        f"Image classification with keras-zoo: {task.about}.",
        *_section("Data", _data(run, config, judged)),
        *_section("How it was trained", _training(config, judged, model)),
        *_section("Figures on held-out pictures", _figures(task, judged)),
        *_section("When to believe it", _trust(config, task, judged, model)),
        *_sections(judged),
        *_section("Classes", _classes(task)),
        *_section("How to use it", _use(run, model)),
        *_section("Limits", _limits(config, task, judged)),
    ]
    text = "\n\n".join(parts) + "\n"
    write_atomically(folder / CARD, text.encode("utf-8", "replace"))
    return folder / CARD


def _sections(judged: Judged) -> list[str]:
    """What else was found, as its section of the report has it."""
    told = []
    for each in judged.sections:
        if not each.in_card:
            continue
        told += [f"## {each.title}", *map(_escaped, each.notes)]
        if each.table:
            names, *rows = [tuple(map(_escaped, row)) for row in each.table]
            told.append(_table(names, rows))
    return told


def _trust(config: dict, task: Task, judged: Judged, model) -> str:
    """How sure it is against how right; of the tasks that know it."""
    found = task.details(judged.outputs, judged.examples)
    if "calibration_error" not in found:
        return ""
    scaling = zoo.logit_scaling(model)
    rows = [
        ("expected calibration error", f"{found['calibration_error']:.2%}"),
        ("surer than right by", f"{found['overconfidence']:+.2%}"),
        ("calibrated", _calibrated(scaling)),
    ]
    chosen = (config.get("calibrated") or {}).get("chosen_by")
    if chosen:
        what = "pictures that chose it, among the training part"
        rows.append((what, f"{chosen:,}"))
    return _table(("what", "value"), rows)


def _calibrated(scaling) -> str:
    if scaling is None:
        return "no"
    if scaling.temperature:
        return f"by a temperature of {scaling.temperature:.3f}"
    return "by a factor and a shift for each class"


def _section(title: str, body: str) -> list[str]:
    return [f"## {title}", body] if body else []


def _title(config: dict, model) -> str:
    name = plain_name(config.get("model") or model.name)
    data = data_name(config)
    return _escaped(f"{name} on {data}" if data else name)


def _escaped(text: str) -> str:
    return text.translate(_MARKUP)


def _data(folder: pathlib.Path, config: dict, judged: Judged) -> str:
    rows = [("data set", _escaped(data_name(config)) or "not on record")]
    if "training_examples" in judged.metrics:
        learned = f"{judged.metrics['training_examples']:,}"
        rows.append(("pictures learned from", learned))
    rows.append(("pictures held out", f"{judged.metrics['examples']:,}"))
    found = _split_of(folder)
    if found is None or found.sha256 is None:
        return _table(("what", "value"), rows)
    rows += [
        ("sha256 of the training part", f"`{_digest(found, learned=True)}`"),
        ("sha256 of the held-out part", f"`{_digest(found, learned=False)}`"),
    ]
    return (
        _table(("what", "value"), rows)
        + "\n\nA part's sha256 is that of the sha256 of its pictures as "
        f"`{SPLIT}` has them, sorted, each with a line break behind it."
    )


def _split_of(folder: pathlib.Path) -> SplitList | None:
    if not (folder / SPLIT).is_file():
        return None
    try:
        return read_split(str(folder))
    except DataError:
        # A card says less then; the run is none the worse.
        return None


def _digest(found: SplitList, *, learned: bool) -> str:
    chosen = found.sha256[found.learned == learned]
    lines = sorted(f"{row.tobytes().hex()}\n" for row in chosen)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _training(config: dict, judged: Judged, model) -> str:
    weights, licence = config.get("weights"), licence_of(config)
    begun = _escaped(plain_name(weights)) if weights else "random weights"
    rows = [
        ("network", _escaped(plain_name(config.get("model") or model.name))),
        ("weights", f"{model.count_params():,}"),
        ("began with", begun),
        ("licence of what it began with", licence or _unknown(weights)),
        ("picture size", f"{zoo.preprocessing(model).image_size} px"),
    ]
    if "epochs" in judged.metrics:
        rows.append(("epochs", f"{judged.metrics['epochs']:,}"))
    rows += [
        (name, _escaped(str(config[name])))
        for name in ("recipe", "seed", "commit")
        if config.get(name) is not None
    ]
    return _table(("what", "value"), rows)


def _unknown(weights) -> str:
    return "not on record: ask who made them" if weights else "none needed"


def _figures(task: Task, judged: Judged) -> str:
    metrics, rows = judged.metrics, []
    for each in task.shown:
        limits = "–"
        if each.is_counted:
            count = metrics["examples"]
            low, high = interval(round(metrics[each.name] * count), count)
            limits = f"{each.text(low)} to {each.text(high)}"
        rows.append((each.title, each.text(metrics[each.name], 2), limits))
    kind, unit = task.loss_words
    rows.append((f"loss, {kind} in {unit}", f"{metrics['loss']:.4f}", "–"))
    return (
        _table(("metric", "value", "95 % interval"), rows)
        + "\n\nOn pictures of the same data set that nothing was learned from. "
        "An interval is what that many pictures leave open (Wilson 1927), and "
        "stands where a figure is a share of the pictures."
    )


def _classes(task: Task) -> str:
    names = task.facts.get("class_names", ())
    # As code, in which nobody's words are markup.
    return "\n".join(f"    {plain_name(each, whole=True)}" for each in names)


def _use(folder: pathlib.Path, model) -> str:
    size = zoo.preprocessing(model).image_size
    where = plain_name(folder.absolute())
    return (
        f"From the folder that holds this run's folder:\n\n"
        f"    {command('predict', 'IMAGE', model=where)}\n\n"
        "In Python, with keras-zoo installed:\n\n"
        "```python\nimport keras\nimport zoo\n\n"
        f'model = keras.models.load_model("{MODEL}")\n'
        f"# uint8, (pictures, {size}, {size}, 3), RGB, as they were decoded.\n"
        "logits = model(pictures)\n"
        "print(zoo.class_names(model))\n```"
    )


def _limits(config: dict, task: Task, judged: Judged) -> str:
    names, counts = task.facts.get("class_names", ()), []
    if names and len(judged.examples.class_names) == len(names):
        counts = judged.examples.counts()
    unseen = sum(count == 0 for count in counts)
    other = (
        "A picture that shows none of its classes may still be given some."
        if task.several
        else "It names one of its classes for every picture, also for one "
        "that shows none of them."
    )
    said = [
        "It was never shown pictures of other sources than its data set's: "
        "other cameras, places, seasons or ways to choose a picture may cost "
        "much of the figures above.",
        *([other] if names else []),
        "Blurred, damaged, drawn or deliberately changed pictures were not "
        f"measured apart{_groups_left_out(judged)}.",
    ]
    if config.get("weights"):
        said.append(
            "The weights it began with have seen pictures of their own, "
            "which may be among the held-out ones."
        )
    if config.get("keep") == "best" or config.get("patience"):
        said.append(
            "The held-out pictures have chosen the epoch: the figures above "
            "are somewhat better than on pictures that chose nothing."
        )
    if unseen:
        said.append(
            f"Of {unseen:,} of its classes there is no held-out picture: "
            "nothing is known of how well these are told."
        )
    return "\n".join(f"- {each}" for each in said)


def _groups_left_out(judged: Judged) -> str:
    known = any("groups" in each.metrics for each in judged.sections)
    return "" if known else ", nor were groups of people or places"


def _table(names: tuple[str, ...], rows: list[tuple]) -> str:
    lines = [names, ("---",) * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
