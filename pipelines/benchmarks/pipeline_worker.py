"""One subject in a process of its own, measured when it is told to.

    python -m pipelines.benchmarks.pipeline_worker '{"name": "plain", …}'

Says `ready` when the first batch is there. Then, for each number of seconds
on a line of its own, runs that long and says what it did as a line of JSON.
Any other program that speaks so can be measured beside it.
"""

import json
import os
import sys
import time


def serve(next_batch, batch_size: int, commands, answers) -> None:
    """Runs rounds until there are no more commands.

    Args:
        next_batch: Called for each batch.
        batch_size: Pictures in a batch.
        commands: Lines, each of them a number of seconds.
        answers: A text file, to which answers are written.
    """
    next_batch()
    print("ready", file=answers, flush=True)
    for line in commands:
        seconds = float(line)
        # Caches and threads that others had pushed aside come back untimed.
        early, _ = _run(next_batch, seconds / 4)
        batches, elapsed = _run(next_batch, seconds)
        answer = {
            "images": batches * batch_size,
            "seconds": elapsed,
            "all_images": (early + batches) * batch_size,
        }
        print(json.dumps(answer), file=answers, flush=True)


def _run(next_batch, seconds: float) -> tuple[int, float]:
    batches, started = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - started) < seconds:
        next_batch()
        batches += 1
    return batches, elapsed


def main(text: str) -> None:
    # Libraries write to the standard output, which is for answers here.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    asked = json.loads(text)
    from pipelines.benchmarks import pipeline_ours

    subjects = pipeline_ours.SUBJECTS
    if asked["name"] not in subjects:
        from pipelines.benchmarks import pipeline_others

        subjects = pipeline_others.SUBJECTS
    setting = pipeline_ours.PipelineCase(
        asked["data"], asked["image_size"], asked["batch_size"]
    )
    batches = iter(subjects[asked["name"]](setting))
    serve(lambda: next(batches), setting.batch_size, sys.stdin, answers)


if __name__ == "__main__":
    main(sys.argv[1])
