"""The process that pushes is killed at random moments, as by a power cut."""

import random
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from product import good
from promises import shows
from scenes import GENERATED, NEW, Scene, Stage

KILLS = 30
SEED = 20261126
LONGEST_DELAY = 0.03
Moment = tuple[int, float]
"""At which request, and how many seconds after it came."""


def moments(requests: int) -> list[Moment]:
    """Return moments spread over a push: every second one as a request comes, before it is handled."""
    draw = random.Random(SEED)
    numbers = [round(1 + place * (requests - 1) / (KILLS - 1)) for place in range(KILLS)]
    return [(number, draw.uniform(0, LONGEST_DELAY) * (place % 2)) for place, number in enumerate(numbers)]


def reached(scene: Scene) -> str:
    """Return how far a push has come."""
    if NEW in str([*scene.repo.tags]):
        return "tagged"
    if len(scene.repo.history()) > 2:
        return "committed"
    return "sending" if scene.hub.received else "asking"


def kill_at(scene: Scene, moment: Moment, *version: str) -> None:
    number, delay = moment
    came = threading.Event()
    running = scene.start(*version)
    scene.hub.on_request = lambda record: arrived(record.number)

    def arrived(now: int) -> None:
        if now == number:
            if not delay:
                running.kill()
            came.set()

    assert came.wait(30)
    time.sleep(delay)
    running.kill()
    running.done()
    scene.hub.on_request = None


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
@shows("client killed", runs=KILLS)
def test_a_push_killed_at_random_moments_goes_on_when_it_is_made_again(stage: Stage) -> None:
    """Every third push leaves it to the product which version is next."""
    at: Counter[str] = Counter()
    asked: set[int] = set()
    built = names(stage.new)

    def survive(scene: Scene, case: tuple[Moment, bool]) -> None:
        moment, given = case
        version = ("--version", NEW) if given else ()
        kill_at(scene, moment, *version)
        scene.hub.settle()
        at[reached(scene)] += 1
        asked.add(len(scene.hub.requests))
        scene.check_nothing_lost()
        assert names(scene.folder) - built <= {f".{name}.part" for name in GENERATED} | {"versions.json"}
        stored, commits = scene.stored(), scene.repo_commits()
        scene.hub.received.clear()
        good(scene.push(*version))
        assert not {*scene.hub.received} & stored, "what had arrived is sent again"
        assert scene.repo_commits()[: len(commits)] == commits
        assert names(scene.folder) == built | {*GENERATED}
        scene.check_published()

    cases = [(moment, place % 3 > 0) for place, moment in enumerate(moments(len(stage.requests)))]
    assert stage.each(cases, survive) == KILLS
    assert at.keys() == {"asking", "sending", "committed", "tagged"}, at
    assert len(asked) >= KILLS // 2, "the moments are not spread"
