"""Downloads that come damaged, and pulls that are interrupted."""

import random
import shutil
import threading
import time
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from hub_server import Fault, Record
from hub_server.faults import Kind
from product import REPO, good, refused
from promises import shows
from scenes import NEW, OLD, Scene, Stage, publishable

FILES = {
    "manifest": r"/resolve/.*/manifest\.json$",
    "card": r"/resolve/.*/README\.md$",
    "data": r"^/lfs/.*/data/gpr_up/train-",
    "index": r"^/lfs/.*/index/",
    "any": r"/resolve/|^/lfs/",
}
DAMAGES: tuple[Kind, ...] = ("corrupt", "truncate", "wrong_etag")
Case = tuple[Kind, str, int | None]
ONCE_AND_ALWAYS = (1, None)


def cases(*files: str) -> list[Case]:
    return [(damage, file, times) for damage in DAMAGES for file in files for times in ONCE_AND_ALWAYS]


def spoil(scene: Scene, case: Case) -> Fault:
    damage, file, times = case
    fault = Fault(damage, FILES[file], times=times)
    if damage != "wrong_etag":
        fault.method = "GET"
    scene.hub.faults.append(fault)
    return fault


PULLS = cases(*FILES)


@shows("damaged download", runs=len(PULLS))
def test_no_wrong_byte_is_pulled(stage: Stage) -> None:
    """Into a folder that holds the version before; what came damaged once is fetched again."""

    def pull(scene: Scene, case: Case) -> None:
        out = scene.place / "out"
        shutil.copytree(scene.place / "new", out)
        before = publishable(out)
        fault = spoil(scene, case)
        done = scene.warm("pull", f"{REPO}@{OLD}", "--out", out)
        if done.returncode:
            assert case[2] is None, done.stderr
            assert "damaged" in refused(done, 5) or "failed" in done.stderr, done.stderr
            assert publishable(out).items() >= before.items()
            scene.hub.faults.clear()
            good(scene.warm("pull", f"{REPO}@{OLD}", "--out", out))
        assert fault.struck
        assert publishable(out) == publishable(stage.old)

    assert stage.each(PULLS, pull) == len(PULLS)


VERIFIES = cases("manifest", "data")


@shows("damaged download", runs=len(VERIFIES))
def test_a_check_tells_damage_on_the_way_from_damage_on_the_hub(stage: Stage) -> None:
    def verify(scene: Scene, case: Case) -> None:
        fault = spoil(scene, case)
        done = scene.warm("verify", f"{REPO}@{OLD}")
        assert fault.struck
        if done.returncode:
            assert case[2] is None, done.stderr
            assert "damaged twice" in refused(done, 5) or "failed" in done.stderr, done.stderr
            scene.hub.faults.clear()
            done = scene.warm("verify", f"{REPO}@{OLD}")
        assert "all is well" in good(done)

    assert stage.each(VERIFIES, verify) == len(VERIFIES)


DIFFS = cases("index", "data")


@shows("damaged download", runs=len(DIFFS))
def test_a_comparison_is_right_or_refused(stage: Stage) -> None:
    expected = ""

    def diff(scene: Scene, case: Case | None) -> None:
        nonlocal expected
        fault = spoil(scene, case) if case else None
        done = scene.warm("diff", REPO, OLD, NEW)
        if fault:
            assert fault.struck
        if done.returncode:
            assert case
            assert case[2] is None, done.stderr
            assert "damaged twice" in refused(done, 5) or "failed" in done.stderr, done.stderr
            scene.hub.faults.clear()
            done = scene.warm("diff", REPO, OLD, NEW)
        expected = expected or good(done)
        assert good(done) == expected

    stage.each([None], diff, "both")
    assert stage.each(DIFFS, diff, "both") == len(DIFFS)


BACK = [case for case in cases("card", "data") if case[0] != "wrong_etag"]


@shows("damaged download", runs=len(BACK))
def test_a_push_that_reads_back_damage_says_so_and_has_published_all_the_same(stage: Stage) -> None:
    def push(scene: Scene, case: Case) -> None:
        def tagged(record: Record) -> None:
            if "/tag/" in record.path:
                scene.hub.on_request = None
                spoil(scene, case)

        scene.hub.on_request = tagged
        done = scene.push("--version", NEW)
        if done.returncode:
            refused(done, 5)
            assert len(done.stderr.splitlines()) - done.stderr.count("waiting") == 2, done.stderr
        scene.hub.faults.clear()
        good(scene.push("--version", NEW))
        scene.check_published()

    assert stage.each(BACK, push) == len(BACK)


INTERRUPTIONS = 16
SEED = 5
LONGEST_DELAY = 0.02


def rows(folder: Path) -> dict[str, int]:
    """Return how many rows of each config a reader of a folder gets, who goes by its card."""
    card = yaml.safe_load((folder / "README.md").read_text().split("---\n")[1])
    return {
        entry["config_name"]: sum(
            pq.read_metadata(path).num_rows
            for split in entry["data_files"]
            for path in folder.glob(split["path"] if isinstance(split["path"], str) else split["path"][0])
        )
        for entry in card["configs"]
    }


@pytest.mark.slow
@shows("pull interrupted", runs=INTERRUPTIONS)
def test_an_interrupted_pull_leaves_the_old_version_and_goes_on(stage: Stage) -> None:
    """Every second time the process is killed, and otherwise the server dies."""
    draw = random.Random(SEED)
    taken: Counter[str] = Counter()

    def interrupt(scene: Scene, case: tuple[int, float, bool]) -> None:
        number, delay, by_server = case
        out = scene.place / "out"
        shutil.copytree(stage.old, out)
        came = threading.Event()
        if by_server:
            scene.hub.faults.append(Fault("die_after", request=number))
        scene.hub.on_request = lambda record: came.set() if record.number == number else None
        running = scene.warm.start("pull", REPO, "--out", out)
        assert came.wait(30)
        if not by_server:
            time.sleep(delay)
            running.kill()
        done = running.done()
        scene.hub.on_request = None
        if done.returncode:
            there = publishable(out).items()
            assert there >= publishable(stage.old).items() or there >= tables(scene.folder).items()
            assert rows(out) in (rows(stage.old), rows(scene.folder))
        scene.hub.revive()
        have = whole_files(out, scene.folder)
        taken.update(have)
        scene.hub.sent.clear()
        good(scene.warm("pull", REPO, "--out", out))
        assert not {*scene.hub.sent} & have, "what was there is fetched again"
        assert publishable(out) == publishable(scene.folder)

    requests = requests_of_a_pull(stage)
    numbers = [round(1 + place * (requests - 1) / (INTERRUPTIONS - 1)) for place in range(INTERRUPTIONS)]
    runs = [(number, draw.uniform(0, LONGEST_DELAY), place % 2 > 0) for place, number in enumerate(numbers)]
    assert stage.each(runs, interrupt, "both") == INTERRUPTIONS
    assert taken, "no pull had anything to go on from"


def tables(folder: Path) -> dict[str, bytes]:
    """Return the data files and indexes of a folder: what is put in place first, under names of its own."""
    return {name: content for name, content in publishable(folder).items() if "/" in name}


def requests_of_a_pull(stage: Stage) -> int:
    with stage.scene(holds="both") as scene:
        shutil.copytree(stage.old, scene.place / "out")
        good(scene.warm("pull", REPO, "--out", scene.place / "out"))
        return scene.hub.asked


def whole_files(out: Path, folder: Path) -> set[str]:
    """Return the data files of a version that an interrupted pull has already, anywhere in its folder."""
    places = [out, *out.glob(".pulling-*")]
    return {
        name
        for name in tables(folder)
        for place in places
        if (place / name).is_file() and (place / name).read_bytes() == (folder / name).read_bytes()
    }
