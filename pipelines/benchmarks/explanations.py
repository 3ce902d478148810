"""How true the maps of a network are, and how long they take.

All on pictures that it has not learned from and tells right.
"""

import statistics
import time

import numpy as np
from PIL import Image

import zoo
from pipelines.evaluation.explanations.enlarging import heat
from pipelines.evaluation.explanations.explaining import explain
from pipelines.evaluation.explanations.faithfulness.figures import figures
from pipelines.evaluation.explanations.faithfulness.pointing import (
    pointing_game,
)
from pipelines.evaluation.explanations.faithfulness.randomisation import (
    randomised,
)
from pipelines.evaluation.explanations.faithfulness.removal import removal
from pipelines.evaluation.explanations.names import NAMES
from pipelines.evaluation.explanations.names import fitting
from pipelines.evaluation.explanations.network import ExplainedNetwork
from pipelines.evaluation.explanations.pictures import seen_pictures
from pipelines.evaluation.explanations.targets import Target
from pipelines.evaluation.held_out import pictures_to_judge
from pipelines.evaluation.judging import match_classes
from pipelines.evaluation.saved_models import open_model
from pipelines.tasks.softmax import softmax

# Pictures of which maps are drawn, and games are played with.
PICTURES = 64
# Of them: those whose pixels are removed, and a batch that is timed.
REMOVED, BATCH = 16, 32
HOTTEST = 0.25
_CELLS = 8
_MOST_LOOKED_AT = 1024
# Score-CAM sees a picture again for each channel, of which there may be 2,048.
_USUAL = tuple(name for name in NAMES if name != "score_cam")


def benchmark_explanations(
    model: str,
    weights: str | None,
    data: str,
    *,
    methods: tuple[str, ...] = (),
    rounds: int = 5,
    say=print,
) -> dict:
    """Measures the maps of a network.

    Args:
        model: As `open_model` takes it.
        weights: Likewise.
        data: Pictures of classes that the model knows.
        methods: Names out of `pipelines.evaluation.explanations.names`; all
            but Score-CAM where there is none.
        rounds: How often a batch is timed.
        say: Told a row at once when it is done.

    Returns:
        `passes`: how many forward passes Grad-CAM of a batch takes;
        `hottest`: how likely the answer is, in 0…1, without the hottest
        quarter, without blocks by chance, and `whole`, imputed and grey;
        `methods`: a row each, means over pictures; `pictures`.
    """
    network = ExplainedNetwork(open_model(model, weights))
    pixels, target = _pictures(network, model, data)
    say(f"{network.model.name}, {len(pixels)} pictures told right")
    found = {
        "pictures": len(pixels),
        "passes": _passes(network, pixels, target, rounds, say),
        "hottest": _hottest(network, pixels[:BATCH], target[:BATCH], say),
    }
    is_transformer = network.stage.grid is not None
    chosen = fitting(methods or _USUAL, is_transformer)
    rows = [_row(network, pixels, target, name, say) for name in chosen]
    return found | {"methods": rows}


def _pictures(network: ExplainedNetwork, model: str, data: str):
    """The pictures that it tells right, the surest of each class."""
    judged = pictures_to_judge(model, data).examples
    examples = match_classes(judged, zoo.class_names(network.model))
    # Spread evenly: a set may be sorted by its classes.
    count = min(len(examples), _MOST_LOOKED_AT)
    places = np.linspace(0, len(examples) - 1, count).round().astype(int)
    labels = np.asarray(examples.labels)[places]
    pixels = seen_pictures(
        examples.encoded(places.tolist()),
        zoo.preprocessing(network.model),
        examples.upright,
    )
    logits = network.logits(pixels)
    sure = softmax(logits)[np.arange(count), labels]
    sure[logits.argmax(axis=1) != labels] = 0
    ranks = np.zeros(count, int)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        ranks[own[np.argsort(-sure[own], kind="stable")]] = np.arange(len(own))
    right = np.flatnonzero(sure)
    best = right[np.lexsort((-sure[right], ranks[right]))][:PICTURES]
    return pixels[best], Target(labels[best])


def _passes(network, pixels, target, rounds: int, say) -> float:
    """How many forward passes the maps of a batch take."""
    places = np.resize(np.arange(len(pixels)), BATCH)
    batch, asked = pixels[places], target[places]
    seconds: dict[str, list[float]] = {"forward": [], "grad_cam": []}
    ways = {
        "forward": lambda: network.logits(batch),
        "grad_cam": lambda: explain(network, batch, asked),
    }
    for number in range(rounds + 1):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            # What is compiled is compiled in the first round.
            if number:
                seconds[name].append(time.perf_counter() - started)
    each = {name: statistics.median(all_) for name, all_ in seconds.items()}
    passes = each["grad_cam"] / each["forward"]
    say(
        f"Grad-CAM of {BATCH} pictures of {batch.shape[1]} px: {passes:.2f} "
        f"forward passes ({each['grad_cam']:.3f} s against "
        f"{each['forward']:.3f} s)"
    )
    return passes


def _hottest(network, pixels, target, say) -> dict:
    """Without the hottest quarter, and without blocks by chance."""
    maps = explain(network, pixels, target)["grad_cam"]
    random = np.random.default_rng(0)
    heats = {
        "grad_cam": heat(maps, pixels.shape[1:3]),
        "blocks": np.stack([_blocks(each, random) for each in pixels]),
    }
    found = {}
    for way, grey in (("imputed", None), ("grey", network.grey)):
        left = {
            name: removal(
                network, pixels, target, hot, parts=(HOTTEST,), grey=grey
            )
            for name, hot in heats.items()
        }
        whole = float(left["blocks"].whole.mean())
        means = {name: float(r.deleted.mean()) for name, r in left.items()}
        found[way] = {"whole": whole, **means}
        falls = {name: whole - mean for name, mean in means.items()}
        say(
            f"hottest {HOTTEST:.0%} {way}: {whole:.1%} falls to "
            f"{means['grad_cam']:.1%}, without blocks by chance to "
            f"{means['blocks']:.1%}: "
            f"{falls['grad_cam'] / max(falls['blocks'], 1e-9):.1f} times as far"
        )
    return found


def _blocks(picture, random) -> np.ndarray:
    """Squares by chance, as hot as no other."""
    height, width = picture.shape[:2]
    cells = random.permutation(_CELLS**2).reshape(_CELLS, _CELLS)
    large = Image.fromarray(cells.astype("float32")).resize(
        (width, height), Image.Resampling.NEAREST
    )
    return np.asarray(large)


def _row(network, pixels, target, name: str, say) -> dict:
    some = slice(REMOVED)
    maps = explain(network, pixels[some], target[some], (name,))
    found = figures(network, pixels[some], target[some], maps)[name]
    points, unlearned = (
        pointing_game(each, pixels, target, (name,))[name]
        for each in (network, randomised(network))
    )
    row = {
        "name": name,
        "pointing": float(points.mean()) if len(points) else None,
        "pointing_unlearned": float(unlearned.mean()) if len(points) else None,
        "games": len(points),
        "deletion": float(found.removal.deletion.mean()),
        "insertion": float(found.removal.insertion.mean()),
        "likeness": float(found.likeness.mean()),
    }
    pointing = (
        f"pointing {row['pointing']:.3f} of {len(points)} games, unlearned "
        f"{row['pointing_unlearned']:.3f}"
        if len(points)
        else "no two classes to point at"
    )
    say(
        f"{NAMES[name].title:22} {pointing}; deletion {row['deletion']:.3f}, "
        f"insertion {row['insertion']:.3f}; like the unlearned "
        f"{row['likeness']:.2f}"
    )
    return row
