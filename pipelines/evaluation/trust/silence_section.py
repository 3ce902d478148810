"""What a report says of answers that are not given."""

from pipelines.evaluation.trust.charts import risk_chart
from pipelines.evaluation.trust.held_answers import HeldAnswers
from pipelines.evaluation.trust.promises import keep_promise
from pipelines.evaluation.trust.selective import RiskCoverage
from pipelines.evaluation.trust.selective import risk_coverage
from pipelines.pages.sections import Section
from zoo.errors import DataError

PRECISIONS = (0.9, 0.95, 0.98, 0.99, 0.995)
# A chart and a file of more steps show no more.
_STEPS = 1000


def silence_section(held: HeldAnswers) -> Section:
    """Says what is gained by staying silent, and which promises are kept.

    Args:
        held: Answers for pictures that nothing was learned from.
    """
    curve = risk_coverage(held.confidence, held.right)
    kept = [_kept(held, precision) for precision in PRECISIONS]
    return Section(
        "When it had better stay silent",
        (
            "Answered are the surest pictures only: the fewer, the fewer are "
            f"wrong. Over all shares, {curve.area:.2%} of the answers are "
            "wrong on the mean (AURC).",
            "A promise is kept from a confidence on that one half of the "
            "pictures proposes and the other half confirms, with 95 % "
            "confidence. Whoever asks with --promise is answered by it.",
        ),
        (
            ("promised", "from", "answered", "right", "at least"),
            *(row[0] for row in kept),
        ),
        (risk_chart(curve),),
        {
            "risk_coverage": _curve_rows(curve),
            "promises": [
                ["promised", "threshold", "answered", "right", "of", "low"],
                *(row[1] for row in kept),
            ],
        },
        {"aurc": curve.area},
        in_card=False,
    )


def _kept(held: HeldAnswers, precision: float) -> tuple[tuple, list]:
    """Returns a row to look at, and one of numbers."""
    promised = f"{precision:.1%}"
    try:
        kept = keep_promise(
            held.confidence, held.right, held.proposes, precision
        )
    except DataError:
        return (promised, "cannot be promised", "–", "–", "–"), [
            precision,
            *[None] * 5,
        ]
    shown = (
        promised,
        f"{kept.threshold:.2%}",
        f"{kept.answered / kept.total:.1%}",
        f"{kept.right:,} of {kept.answered:,}",
        f"{kept.low:.2%}",
    )
    numbers = [kept.threshold, kept.answered, kept.right, kept.total, kept.low]
    return shown, [precision, *numbers]


def _curve_rows(curve: RiskCoverage) -> list[list]:
    every = -(-len(curve.threshold) // _STEPS)
    places = [*range(len(curve.threshold) - 1, -1, -every)][::-1]
    return [
        ["threshold", "answered", "wrong", "coverage", "risk"],
        *(
            [
                float(curve.threshold[i]),
                int(curve.answered[i]),
                int(curve.wrong[i]),
                float(curve.coverage[i]),
                float(curve.risk[i]),
            ]
            for i in places
        ),
    ]
