"""People edit the card on the Hub between versions; what they wrote stays."""

import shutil
from collections.abc import Callable
from pathlib import Path

from product import REPO, good
from promises import shows
from scenes import NEW, OLD, Scene

BEFORE, AFTER = "Ask Ann before you train on it.", "| seen | by |\n|---|---|\n| yes | Bob |"
KEYS = "extra_gated_prompt: Ask us first.\nour_note:\n- nested: [1, 2]\n"


def edited(card: str) -> str:
    """Return a card with keys in its front matter, and words before and after its generated part."""
    front, text = card.split("\n---\n", 1)
    return f"{front}\n{KEYS}---\n{BEFORE}\n{text}\n{AFTER}\n"


def check_kept(scene: Scene, revision: str) -> None:
    front, text = scene.repo.files(revision)["README.md"].decode().split("\n---\n", 1)
    assert KEYS in f"{front}\n"
    assert text.startswith(f"{BEFORE}\n")
    assert text.endswith(f"{AFTER}\n")


@shows("card edited", runs=4)
def test_what_people_wrote_survives_pushes_and_a_rollback(scene: Scene, builds: Callable[..., Path]) -> None:
    card = scene.repo.files()["README.md"].decode()
    scene.repo.commit({"README.md": edited(card).encode()}, keep=True)
    good(scene.push("--version", NEW))
    check_kept(scene, f"v{NEW}")
    good(scene.warm("rollback", REPO, OLD))
    check_kept(scene, "main")
    again = scene.place / "again"
    shutil.copytree(builds(size=220, seed=2), again)
    good(scene.push("--version", "1.2.0", folder=again))
    check_kept(scene, "v1.2.0")
    good(scene.warm("rollback", REPO, NEW))
    check_kept(scene, "main")
    assert "all is well" in good(scene.warm("verify", REPO))
    assert scene.repo.files(f"v{OLD}") == scene.old


@shows("card edited")
def test_an_edit_that_lands_during_a_push_is_not_written_over(scene: Scene) -> None:
    """The push is refused, and made again it keeps the edit."""
    card = scene.repo.files()["README.md"].decode()

    def edit(record: object) -> None:
        if "/objects/batch" in str(record):
            scene.hub.on_request = None
            scene.repo.commit({"README.md": edited(card).encode()}, keep=True)

    scene.hub.on_request = edit
    done = scene.push("--version", NEW)
    assert done.returncode == 5
    assert "someone else changed it meanwhile" in done.stderr
    check_kept(scene, "main")
    good(scene.push("--version", NEW))
    check_kept(scene, f"v{NEW}")


@shows("card edited")
def test_a_card_that_was_removed_or_emptied_is_written_anew(scene: Scene) -> None:
    scene.repo.commit({"README.md": b"Only these words."}, keep=True)
    good(scene.push("--version", NEW))
    text = scene.repo.files(f"v{NEW}")["README.md"].decode()
    assert "Only these words." in text
    assert "all is well" in good(scene.warm("verify", f"{REPO}@{NEW}"))
