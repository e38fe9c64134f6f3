"""What is promised of each fault, and the table of it in `docs/reliability.md`.

Run it as a program to write the table anew.
"""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, TypeVar

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "reliability.md"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
Test = TypeVar("Test", bound=Callable[..., None])


@dataclass(frozen=True)
class Promise:
    """A fault.

    Attributes:
        fault: what goes wrong.
        tested: how it is made to.
        happens: what a user then has.
    """

    fault: str
    tested: str
    happens: str


PROMISES = {
    "server dies": Promise(
        "The Hub's server dies at any request of a push",
        "killed at every request of a push of two configs: before it, after it took effect but before its "
        "answer, and half-way through its body; also of a first push. Then it comes back with what is on its "
        "disk, and the same command runs again (not a second time for requests that change nothing: a death "
        "before and one after them are the same to both sides). Every run compares bytes, three also load",
        "Exit code 5 and one line. Every tag is where it was and loads; main holds the old version or the "
        "new one, whole. Run again, it goes on: no object that arrived is sent twice, no second commit is "
        "made, and the version is byte for byte the folder",
    ),
    "client killed": Promise(
        "The pushing process is killed (SIGKILL)",
        "at seeded random moments, spread over the whole push: at a request, plus some milliseconds",
        "The same; the folder is as it was, but for a hidden part of its card, which the next push clears "
        "away. Files for the way may stay in `TMPDIR`",
    ),
    "two pushes": Promise(
        "Two people push at once",
        "from two folders and from one, with and without `--version`; the other's push lands before the "
        "commit, between commit and tag, before the tag, or both run freely",
        "One wins. The other ends with code 5 (2 where its version is there by then) and says who was first "
        "and what became of its own. Run again, it makes the next version. Each tag holds the rows of one "
        "folder, whole",
    ),
    "busy Hub": Promise(
        "The Hub asks to wait (429) or has an error of its own (5xx)",
        "at every request of a push, at each kind of request twice, and at those of a pull; with and without "
        "`Retry-After`",
        "It is waited for, which is said: a line for each wait, on a terminal a countdown. No address with a "
        "signature and no token is printed",
    ),
    "lost answer": Promise(
        "The Hub makes the commit or the tag, and answers with an error",
        "500 after it took effect",
        "The next try finds it done; there is one commit and one tag",
    ),
    "Hub stays down": Promise(
        "The Hub stays at 503",
        "at each kind of request of a push",
        "After a bounded number of tries, exit code 5 and one line",
    ),
    "refused": Promise(
        "No token, a bad one, one that may not write; no such repository or version; no name of one",
        "each verb",
        "Exit code 5 (2 for what is no name) and one line that says what to do, never the token, never a "
        "traceback",
    ),
    "no Hub": Promise(
        "No network, `HF_HUB_OFFLINE=1`, an address where no Hub is",
        "a closed port; the variable; a server that answers every request with a page",
        "Exit code 5 and one line",
    ),
    "disk": Promise(
        "The disk is full, or may not be written",
        "a disk of a few hundred kilobytes, or a limit on the size of a file, for what is written on the way "
        "of a push, for the folder of a pull, and for the Hub's cache; a disk that may only be read",
        "Exit code 4 and one line; what was there before is whole. A push needs no permission to write the "
        "folder",
    ),
    "file changed": Promise(
        "A file changes on disk while it is pushed",
        "cut short, other bytes of the same size, or deleted; before the uploads, during them, just before "
        "the commit, and after it",
        "Exit code 1 and one line that names the file; nothing is published, no tag moves. A change that "
        "comes when all was sent changes nothing of the version. (Where neither size nor time tells, the "
        "checksum does, where it arrives: code 5.)",
    ),
    "damaged download": Promise(
        "A download comes damaged: other bytes, cut short, another checksum",
        "on pull, verify, diff and the look at what was published",
        "It is fetched again, or refused with one line; no wrong byte reaches the folder",
    ),
    "pull interrupted": Promise(
        "A pull is interrupted: the process is killed, or the server dies",
        "at seeded random moments, spread over the whole pull",
        "Until the end the folder is the old version, whole, and loads. Run again, the pull fetches only "
        "what it lacks",
    ),
    "card edited": Promise(
        "People edit the card on the Hub between versions",
        "words around the generated part, keys in the front matter; then a push, a rollback, a push, a "
        "rollback; an edit while a push runs; a card of other words alone",
        "What they wrote stays",
    ),
}


def shows(name: str, runs: int = 1) -> Callable[[Test], Test]:
    """Mark a test as showing that a promise is kept, by so many runs of it (of each case, if it has several).

    A test that counts its runs itself asserts that there were no fewer.
    """
    assert name in PROMISES, name

    def mark(test: Test) -> Test:
        test.shows = (name, runs)  # type: ignore[attr-defined]
        return test

    return mark


def fault_tests() -> Iterator[Callable[..., None]]:
    """Yield every test of a fault."""
    for path in sorted(HERE.glob("test_faults_*.py")):
        module = vars(importlib.import_module(path.stem))
        yield from (found for name, found in module.items() if name.startswith("test_"))


def runs_of(test: Any) -> int:
    """Return how many runs a test makes: those it states, for each of its cases."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    return int(test.shows[1] * prod(len(mark.args[1]) for mark in marks))


def table() -> str:
    """Return the table of the document."""
    shown = [(test.shows[0], runs_of(test)) for test in fault_tests() if hasattr(test, "shows")]
    lines = ["| fault | how it is tested | runs | what happens |", "|---|---|---|---|"]
    for name, promise in PROMISES.items():
        runs = sum(count for shown_name, count in shown if shown_name == name)
        lines.append(f"| {promise.fault} | {promise.tested} | {runs} | {promise.happens} |")
    return "\n".join(lines)


def with_table(text: str) -> str:
    """Return the document with the table as it should be."""
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


def main() -> None:
    sys.path.insert(0, str(HERE.parent))
    DOCUMENT.write_text(with_table(DOCUMENT.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
