"""The Hub's server is killed at each request of a push, and comes back with what is on its disk."""

import json
import subprocess
from collections.abc import Sequence

import pytest
from hub_server import TOKEN, Fault, Record, client_environment
from hub_server.faults import Kind
from product import READER, REPO, good, refused
from promises import shows
from scenes import NEW, OLD, Scene, Stage

Death = tuple[Kind, int, str]
"""How the server dies, at which request, and what an undisturbed push asks there."""


def deaths(requests: Sequence[Record]) -> list[Death]:
    """Return every way in which the server can die at these requests."""
    with_body = [record for record in requests if record.method in ("POST", "PUT")]
    return [
        *(("die_before", record.number, str(record)) for record in requests),
        *(("die_after", record.number, str(record)) for record in requests),
        *(("die_during", record.number, str(record)) for record in with_body),
    ]


def survive(scene: Scene, death: Death, given: bool = True) -> None:
    """Push while the server dies, look at what is there, and push again."""
    kind, number, asked = death
    version = ("--version", scene.version) if given else ()
    fault = Fault(kind, request=number)
    scene.hub.faults.append(fault)
    said = refused(scene.push(*version), 5)
    assert "connection to http://127.0.0.1" in said, said
    assert fault.struck
    scene.hub.revive()
    scene.check_nothing_lost()
    if kind == "die_after" and asked.startswith(("GET", "HEAD")):
        return  # nothing was changed: for both sides the same as when it dies before
    stored, again = scene.stored(), scene.repo_commits()
    scene.hub.received.clear()
    good(scene.push(*version))
    assert not {*scene.hub.received} & stored, "what had arrived is sent again"
    assert scene.repo_commits()[: len(again)] == again
    scene.check_published()


@pytest.mark.slow
@shows("server dies", runs=110)
def test_each_request_of_a_push(stage: Stage) -> None:
    """Every fourth push leaves it to the product which version is next."""
    cases = [(death, place % 4 > 0) for place, death in enumerate(deaths(stage.requests))]
    assert stage.each(cases, lambda scene, case: survive(scene, *case)) >= 110


@pytest.mark.slow
@shows("server dies", runs=12)
def test_each_change_that_a_first_push_makes(stage: Stage) -> None:
    with stage.scene(holds="nothing") as scene:
        good(scene.push())
        first = list(scene.hub.requests)
    points = [death for death in deaths(first) if death[0] == "die_after" and is_change(death[2])]
    assert stage.each(points, survive, "nothing") >= 12


def is_change(request: str) -> bool:
    """Tell whether a request leaves something behind."""
    return request.startswith("PUT") or request.endswith(("create", "commit/main")) or "/tag/" in request


@shows("server dies", runs=3)
def test_readers_load_the_old_version_meanwhile(scene: Scene) -> None:
    """With `datasets` alone, from a cache that knows nothing of it, after each of three deaths in a row."""
    for path in ("/lfs/", "/commit/main", "/tag/"):
        scene.hub.faults.append(Fault("die_after", path=path, method="PUT" if path == "/lfs/" else "POST"))
        refused(scene.push("--version", NEW), 5)
        scene.hub.revive()
        assert rows_read(scene, f"v{OLD}") == rows_of(scene.old)
    good(scene.push("--version", NEW))
    assert rows_read(scene, f"v{NEW}") == rows_of(scene.repo.files())


def rows_of(files: dict[str, bytes]) -> dict[str, int]:
    """Return how many rows a version's manifest says there are."""
    return {name: entry["rows"] for name, entry in json.loads(files["manifest.json"])["configs"].items()}


def rows_read(scene: Scene, tag: str) -> dict[str, int]:
    """Return how many rows of each config a reader gets."""
    program = f"""
from datasets import get_dataset_config_names, load_dataset
import json
at = {{"revision": {tag!r}}}
names = get_dataset_config_names({REPO!r}, **at)
print(json.dumps({{name: len(load_dataset({REPO!r}, name, split="train", **at)) for name in names}}))
"""
    home = scene.place / f"reader{len(scene.hub.requests)}"
    home.mkdir()
    done = subprocess.run(
        [READER, "-c", program],
        cwd=home,
        env=client_environment(home, scene.hub.url, TOKEN),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])
