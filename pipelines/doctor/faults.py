"""Whether runs survive being killed: to the bit, at every moment."""

import dataclasses
import os
import pathlib
import random
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator

from pipelines.doctor.comparing import compare_runs
from pipelines.doctor.findings import Finding
from pipelines.doctor.fork_server import ForkServer
from pipelines.doctor.fork_server import log_of
from pipelines.doctor.gone_on import check_gone_on
from pipelines.doctor.gone_on import unfinished_in
from pipelines.doctor.kinds import SETTINGS
from pipelines.doctor.kinds import kinds_asked
from pipelines.doctor.moments import MOMENTS
from pipelines.doctor.moments import Moment
from pipelines.doctor.moments import at_random
from pipelines.doctor.settings_tried import OLD_RUN
from pipelines.doctor.settings_tried import draw_pictures
from pipelines.doctor.trials import Trouble
from pipelines.runs.run_folder import METRICS
from pipelines.waiting.durations import duration
from zoo.errors import IntegrityError

_LAST_WORDS = 200


@dataclasses.dataclass(frozen=True)
class Tried:
    """What came of killing one kind of run.

    Args:
        killed: When it died, in words.
        gone_on: How many starts found a checkpoint and went on from it.
        compared: How many things were equal in the end.
    """

    killed: tuple[str, ...]
    gone_on: int
    compared: int


def check_kills(
    settings,
    runs,
    kills: int = 5,
    *,
    seed: int = 0,
    progress=None,
    say=print,
) -> list[Finding]:
    """Kills small runs with SIGKILL, and compares them with undisturbed ones.

    They save after every step. Each time the same run is started again; the
    last time it may end.

    Args:
        settings: Which kinds of runs: names out of `SETTINGS`, or `all`.
        runs: The folder on whose disk it is tried. What was written there is
            removed where all was well.
        kills: How often each is killed.
        seed: Of the moments that are drawn.
        progress: Called with the numbers of kills done and in all.
        say: Told each finding as soon as it is there.

    Returns:
        One finding a kind. All is well where every start went on from the
        last checkpoint that had been there, and both runs leave the same
        behind, to the bit.

    Raises:
        RequestError: There is no such kind, or nothing can be written into
            the folder.
    """
    settings = kinds_asked(settings)
    place = _place(runs)
    draw_pictures(place)
    findings, total = [], kills * len(settings)

    def report(before):
        return lambda done: progress and progress(before + done, total)

    def note(finding):
        findings.append(finding)
        say(str(finding))

    try:
        with ForkServer(place / "server.log") as server:
            for number, name in enumerate(settings):
                moments = moments_of(kills, random.Random(f"{seed} {name}"))
                done = report(kills * number)
                note(_finding(server, name, place, moments, done))
    except Trouble as trouble:
        note(Finding("faults", str(trouble), ok=False))
    if all(finding.ok for finding in findings):
        shutil.rmtree(place)
    return findings


def moments_of(kills: int, chance: random.Random) -> list[Moment]:
    """Chooses moments to die at, in the order in which a run comes by.

    Args:
        kills: How many. Where there are more than there are files, some are
            at random; where there are fewer, they are spread evenly.
        chance: Draws.
    """
    if kills <= len(MOMENTS):
        places = [i * len(MOMENTS) // kills for i in range(kills)]
        # The end is what is reached least often otherwise.
        return [MOMENTS[len(MOMENTS) - 1 - place] for place in places][::-1]
    drawn = [at_random(chance) for _ in range(kills - len(MOMENTS))]
    # Before anything that only the end of a run comes by.
    return [*drawn, *MOMENTS]


def _finding(server, name: str, place, moments, progress) -> Finding:
    started = time.perf_counter()
    try:
        tried = try_setting(server, name, place, moments, progress)
    except (Trouble, IntegrityError) as error:
        return Finding(name, f"{error}; see {place}", ok=False)
    seconds = time.perf_counter() - started
    return Finding(
        name,
        f"killed {len(tried.killed)} times, gone on {tried.gone_on} times "
        "from a checkpoint; what it left is that of a run that was not "
        f"disturbed, to the bit ({tried.compared:,} things compared); took "
        f"{duration(seconds)}",
        values={"killed": list(tried.killed), "seconds": seconds},
    )


def try_setting(server, name: str, place, moments, progress=None) -> Tried:
    """Kills a run at one moment after the other, and lets it end.

    Args:
        server: Starts it.
        name: One of `SETTINGS`.
        place: The folder of `draw_pictures`.
        moments: When it dies; those that a start does not come by are left
            out.
        progress: Called with the number of kills done.

    Raises:
        Trouble: A start did not go on, or what was left differs.
        IntegrityError: Something is damaged.
    """
    place = pathlib.Path(place)
    if SETTINGS[name].kind == "add_classes":
        _begin_old(server, place)
    whole, killed = place / name, place / f"{name}-killed"
    _live(server, name, place, whole)
    deaths, gone_on = [], 0
    for moment in _as_far_as_there(moments, whole):
        before = unfinished_in(killed)
        if not _live(server, name, place, killed, moment):
            raise Trouble(f"it ended, and did not come by: {moment}")
        gone_on += check_gone_on(killed, before, _said(killed), died=True)
        deaths.append(str(moment))
        if progress:
            progress(len(deaths))
    before = unfinished_in(killed)
    _live(server, name, place, killed)
    gone_on += check_gone_on(killed, before, _said(killed), died=False)
    return Tried(tuple(deaths), gone_on, compare_runs(whole, killed))


def _as_far_as_there(moments, whole: pathlib.Path) -> Iterator[Moment]:
    """Leaves out files that such a run does not write."""
    written = {path.name for path in whole.rglob("*")}
    for moment in moments:
        if not moment.name.count(".") or moment.name in written:
            yield moment


def _live(server, name, place, output, moment=None) -> bool:
    """Lets a run live, until its end or its death; says whether it died.

    Raises:
        Trouble: It ended otherwise.
    """
    log = log_of(output)
    log.unlink(missing_ok=True)
    workers = SETTINGS[name].workers
    code = server.run(name, place, output, moment=moment, workers=workers)
    if code == -signal.SIGKILL and moment:
        return True
    if code:
        lines = _said(output).strip().splitlines()
        last = (lines or ["no word"])[-1][:_LAST_WORDS]
        raise Trouble(f"a start failed: exit code {code}, {last}")
    return False


def _said(output) -> str:
    return log_of(output).read_text(errors="replace")


def _begin_old(server, place: pathlib.Path) -> None:
    """Makes the run whose model learns more classes."""
    if not (place / OLD_RUN / METRICS).exists():
        _live(server, "kept_features", place, place / OLD_RUN)


def _place(runs) -> pathlib.Path:
    os.makedirs(runs, exist_ok=True)
    place = tempfile.mkdtemp(prefix="faults-", dir=runs)
    return pathlib.Path(place).absolute()
