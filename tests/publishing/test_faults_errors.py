"""What can't be done is said in plain words: the right exit code, no traceback, no token."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from hub_server import READ_TOKEN, STRANGER_TOKEN
from product import REPO, Done, MakeFolder, Product
from promises import shows
from scenes import OLD, Scene, Stage

NOBODY = "you/nothing"
BAD_TOKEN = "hf_thistokenisnobodys"
CHANGED = {"blends.png": b"another picture"}
"""So that there is something to roll back."""
Words = tuple[str, ...]


def reading(repo: str = REPO, version: str = OLD) -> list[Words]:
    """Return every command that reads a repository."""
    return [
        ("versions", repo),
        ("verify", f"{repo}@{version}"),
        ("pull", f"{repo}@{version}", "--out", "pulled"),
        ("diff", repo, version, version),
    ]


def writing(repo: str = REPO) -> list[Words]:
    return [("push", repo), ("rollback", repo, OLD)]


def run(scene: Scene, words: Sequence[str], **environment: Any) -> Done:
    more = ["--dir", scene.folder, "--json"] if words[0] == "push" else []
    return scene.warm(*words, *more, **environment)


def check_plain(done: Done, code: int, says: str) -> None:
    """Check that a run ended with one line that says what is wrong, and at most one that says what to do."""
    lines = done.stderr.splitlines()
    assert done.returncode == code, done
    assert lines
    assert lines[0].startswith("error: "), done.stderr
    assert len(lines) <= 2, done.stderr
    assert says in done.stderr
    assert BAD_TOKEN not in done.stdout + done.stderr


LOG_IN = "Log in (`hf auth login`), or set HF_TOKEN."
NO_TOKEN = {"HF_TOKEN": None}
CASES: list[tuple[Words, dict[str, str | None], str]] = [
    *((words, {"HF_TOKEN": BAD_TOKEN}, "does not know your token") for words in (*reading(), *writing())),
    *((words, NO_TOKEN, LOG_IN) for words in (*reading(), *writing(), ("push", "you/new"), ("push", "new"))),
    *((words, {}, "is not on the Hub") for words in reading(NOBODY)),
    (("rollback", NOBODY, OLD), {}, "is not on the Hub"),
    *((words, {}, "has no such version") for words in reading(version="9.9.9")[1:]),
    (("rollback", REPO, "9.9.9"), {}, "has no v9.9.9, only v1.0.0"),
    *((words, {"HF_TOKEN": READ_TOKEN}, "does not let your token do this") for words in writing()),
    (("push", "you/new"), {"HF_TOKEN": READ_TOKEN}, "does not let your token do this"),
    *((words, {"HF_TOKEN": STRANGER_TOKEN}, "is not on the Hub, or is private") for words in reading()),
    (("rollback", REPO, OLD), {"HF_TOKEN": STRANGER_TOKEN}, "is not on the Hub, or is private"),
    *((("push", name), {"HF_TOKEN": STRANGER_TOKEN}, "your token") for name in (REPO, "you/new")),
]


@shows("refused", runs=len(CASES))
def test_each_verb_says_what_it_may_not_or_can_not(stage: Stage) -> None:
    def refuse(scene: Scene, case: tuple[Words, dict[str, str | None], str]) -> None:
        words, environment, says = case
        scene.repo.commit(CHANGED, keep=True)
        before = dict(scene.repo.refs)
        check_plain(run(scene, words, **environment), 5, says)
        assert scene.repo.refs == before
        assert not (scene.warm.folder / "pulled").exists()

    assert stage.each(CASES, refuse) == len(CASES)


@shows("refused", runs=2)
def test_a_stranger_may_not_write_to_what_everyone_reads(scene: Scene) -> None:
    scene.repo.private = False
    scene.repo.commit(CHANGED, keep=True)
    before = dict(scene.repo.refs)
    for words in writing():
        check_plain(run(scene, words, HF_TOKEN=STRANGER_TOKEN), 5, "does not let your token do this")
    assert scene.repo.refs == before


@shows("refused", runs=3)
def test_what_is_no_name_is_said(scene: Scene) -> None:
    for verb in ("push", "versions", "pull"):
        check_plain(run(scene, (verb, "a/b/c")), 2, "is not the name of a repository")


EVERY = [*reading(), *writing()]


@shows("no Hub", runs=len(EVERY))
def test_no_network_is_said(scene: Scene) -> None:
    scene.hub.stop()
    for words in EVERY:
        done = run(scene, words)
        *waits, error, _ = done.stderr.splitlines()
        assert done.returncode == 5
        assert error.startswith(f"error: {REPO}: the connection to {scene.hub.url} failed ("), error
        assert all(line.startswith("the connection to the Hub failed: waiting") for line in waits)


@shows("no Hub", runs=3)
def test_offline_mode_is_said(crossthink: Product, folder: MakeFolder) -> None:
    for words in (("push", REPO, "--dir", folder()), ("versions", REPO), ("pull", REPO, "--out", "pulled")):
        check_plain(
            crossthink(*words, HF_HUB_OFFLINE="1"), 5, "HF_HUB_OFFLINE keeps the Hub from being asked"
        )
    assert not crossthink.hub.requests
    assert not (crossthink.home / "pulled").exists()


class Page(BaseHTTPRequestHandler):
    """Answers everything as the login page of a hotel does."""

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        page = b"<!doctype html><title>Welcome</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@contextmanager
def no_hub(port: int) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", port), Page) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield
        server.shutdown()


@shows("no Hub", runs=len(EVERY))
def test_an_address_where_no_hub_is_is_said(scene: Scene) -> None:
    scene.hub.stop()
    with no_hub(scene.hub.port):
        for words in EVERY:
            done = run(scene, words)
            check_plain(done, 5, "what answered is not the Hub")
            assert done.stderr.startswith(f"error: {scene.hub.url}: ")
