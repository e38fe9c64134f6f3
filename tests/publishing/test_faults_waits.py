"""A Hub that is busy, has errors of its own, or whose answers are lost."""

import os
import pty
import re
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import pytest
from hub_server import TOKEN, Fault, Hub, Record
from product import REPO, MakeFolder, Product, good
from promises import shows
from scenes import NEW, OLD, Scene, Stage, publishable

REQUESTS = {
    "info": ("GET", f"/api/datasets/{REPO}$"),
    "revision": ("GET", "/revision/"),
    "refs": ("GET", "/refs$"),
    "tree": ("GET", "/tree/"),
    "preupload": ("POST", "/preupload/"),
    "LFS batch": ("POST", "/objects/batch$"),
    "PUT": ("PUT", "/lfs/"),
    "LFS verify": ("POST", "/objects/verify$"),
    "check of the card": ("POST", "/validate-yaml$"),
    "commit": ("POST", "/commit/main$"),
    "tag": ("POST", "/tag/"),
    "resolve, asked ahead": ("HEAD", "/resolve/"),
    "resolve": ("GET", "/resolve/"),
    "data file": ("GET", "^/lfs/"),
}
TROUBLES = {
    "429 with Retry-After": {"status": 429, "retry_after": 7},
    "429": {"status": 429},
    "500 twice": {"status": 500, "times": 2},
    "503": {"status": 503},
}
ASKED_AGAIN_AT_ONCE = "resolve, asked ahead"
"""The client does not wait before it asks this a second time."""
WAIT = re.compile(
    r"(the Hub answers HTTP \d+|the Hub asks to wait|the connection to the Hub failed): waiting \d+ s"
)


def trouble(request: str, name: str) -> Fault:
    """Return a fault that makes a client wait."""
    method, path = REQUESTS[request]
    fault = Fault("status", path, method, **TROUBLES[name])
    fault.times = (fault.times or 0) + (request == ASKED_AGAIN_AT_ONCE)
    return fault


def check_said(said: str) -> None:
    """Check that a run said how long it waits, a line for each wait, and nothing else."""
    assert said, "no wait was said"
    assert all(WAIT.fullmatch(line) for line in said.splitlines()), said


@pytest.mark.slow
@shows("busy Hub", runs=50)
def test_each_request_of_a_push_is_waited_for(stage: Stage) -> None:
    def wait(scene: Scene, case: tuple[Record, str]) -> None:
        record, name = case
        fault = Fault("status", request=record.number, **TROUBLES[name])
        scene.hub.faults.append(fault)
        done = scene.push("--version", NEW)
        good(done)
        assert fault.struck == 1
        if done.stderr or record.method != "HEAD":
            check_said(done.stderr)
        scene.check_published()

    cases = list(zip(stage.requests, cycle(("429 with Retry-After", "503", "429")), strict=False))
    assert stage.each(cases, wait) >= 50


@shows("busy Hub", runs=len(REQUESTS))
def test_each_kind_of_request_of_a_push_is_waited_for_twice(stage: Stage) -> None:
    def wait(scene: Scene, request: str) -> None:
        fault = trouble(request, "500 twice")
        scene.hub.faults.append(fault)
        done = scene.push("--version", NEW)
        good(done)
        assert fault.struck == fault.times
        check_said(done.stderr)
        scene.check_published()

    assert stage.each([*REQUESTS], wait) == len(REQUESTS)


READS = ("info", "revision", "refs", "tree", "resolve, asked ahead", "resolve", "data file")


@shows("busy Hub", runs=len(READS[1:]) * 2)
def test_each_kind_of_request_is_waited_for_by_a_pull(stage: Stage) -> None:
    def wait(scene: Scene, case: tuple[str, str]) -> None:
        fault = trouble(*case)
        scene.hub.faults.append(fault)
        done = scene.warm("pull", f"{REPO}@{OLD}", "--out", scene.place / "out")
        good(done)
        assert fault.struck == fault.times
        check_said(done.stderr)
        if fault.retry_after:
            assert re.search("waiting [78] s", done.stderr)
        assert publishable(scene.place / "out") == publishable(stage.old)

    cases = [(request, name) for request in READS[1:] for name in ("429 with Retry-After", "500 twice")]
    assert stage.each(cases, wait) == len(cases)


@shows("lost answer", runs=2)
def test_what_took_effect_is_not_done_twice(stage: Stage) -> None:
    def lose(scene: Scene, request: str) -> None:
        method, path = REQUESTS[request]
        fault = Fault("lost", path, method, status=500)
        scene.hub.faults.append(fault)
        good(scene.push("--version", NEW))
        assert fault.struck == 1
        scene.check_published()

    assert stage.each(["commit", "tag"], lose) == 2


@shows("lost answer")
def test_a_repository_made_without_an_answer_is_taken(stage: Stage) -> None:
    with stage.scene(holds="nothing") as scene:
        scene.hub.faults.append(Fault("lost", "/repos/create$", "POST", status=500))
        good(scene.push())
        scene.check_published()


LONGEST_SILENCE = 180
"""Seconds that a push waits at most for one request that never gets an answer."""


@shows("Hub stays down", runs=len(REQUESTS))
def test_a_hub_that_stays_down_ends_the_push_in_one_line(stage: Stage) -> None:
    def give_up(scene: Scene, request: str) -> None:
        method, path = REQUESTS[request]
        scene.hub.faults.append(Fault("status", path, method, status=503, times=None))
        said = scene.push("--version", NEW)
        *waits, error, fix = said.stderr.splitlines()
        assert said.returncode == 5
        assert error.startswith(f"error: {REPO}: the Hub has an error of its own, or asks to wait (HTTP 503")
        assert fix.startswith("Run it again")
        check_said("\n".join(waits))
        waited = sum(int(line.split()[-2]) for line in waits)
        assert waited <= LONGEST_SILENCE * (8 if request in ("PUT", "LFS verify") else 1)
        scene.hub.faults.clear()
        scene.check_nothing_lost()

    assert stage.each([*REQUESTS], give_up) == len(REQUESTS)


@shows("busy Hub")
def test_a_terminal_counts_down(hub: Hub, crossthink: Product, folder: MakeFolder) -> None:
    hub.faults.append(Fault("status", "/refs$", status=429, retry_after=3))
    mine = folder()
    good(crossthink("push", REPO, "--dir", mine))
    hub.faults.append(Fault("status", "/refs$", status=429, retry_after=3))
    began = time.monotonic()
    shown = on_terminal(crossthink, "push", REPO, "--dir", mine)
    assert time.monotonic() - began >= 3
    seconds = re.findall(r"the Hub answers HTTP 429: again in (\d) s", shown)
    assert list(dict.fromkeys(seconds)) == ["3", "2", "1"]
    assert "Nothing changed" in shown
    assert TOKEN not in shown
    assert "waiting" not in shown


def on_terminal(crossthink: Product, *arguments: str | Path) -> str:
    """Run the command line on a terminal; return all that it wrote there."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "crossthink_hub", *map(str, arguments)],
        cwd=crossthink.home,
        env={**crossthink.environment(), "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown = b""
    while chunk := read(ours):
        shown += chunk
    os.close(ours)
    assert process.wait() == 0, shown
    return shown.decode()


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # its other end is closed
        return b""
