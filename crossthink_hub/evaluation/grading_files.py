"""The generations of a run graded file by file, by as many processes as there are cores where that pays.

A process is `python -m crossthink_hub.evaluation.grading_files FOLDER THOUGHT ANSWER_IN`: it reads lines with
a benchmark and a file, and says each again when its verdicts are written.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, TypeAlias, cast

from crossthink_hub.errors import CrossThinkError
from crossthink_hub.evaluation.run_folder import RunFolder
from crossthink_hub.evaluation.verdicts import MODES, Truth, truths, verdict_tables
from crossthink_hub.grading.algebra import cores
from crossthink_hub.grading.settings import AnswerIn, GradeSettings, Thought
from crossthink_hub.progress import tracked

File: TypeAlias = tuple[str, str]
"""A benchmark, and the name of a file of its generations."""
Sized: TypeAlias = tuple[str, str, int]
"""The same with how many there are in it."""
How: TypeAlias = tuple[Thought, AnswerIn]
PAYS = 8_000
"""Answers from which on further processes, which take half a second to start, are worth it."""


def grade_files(folder: RunFolder, thought: Thought, answer_in: AnswerIn) -> None:
    """Write the verdicts of all generations of a run, by every mode; earlier ones are forgotten.

    Args:
        folder: of the run.
        thought: where the thought is, as in `GradeSettings`.
        answer_in: where the answer is.

    Raises:
        FolderError: a file can't be read.
        OutputError: verdicts can't be written.
    """
    folder.forget_verdicts()
    files = [
        (benchmark, file, rows)
        for benchmark in folder.benchmarks()
        for file, rows in folder.sizes(benchmark).items()
    ]
    how = (thought, answer_in)
    done = set(tracked(_graded(folder, files, how), len(files), "Grading"))
    # Where a process ended early, what stopped it is met here, and said.
    for _ in grade_in_turn(folder, [file[:2] for file in files if file[:2] not in done], how):
        pass


def _graded(folder: RunFolder, files: Sequence[Sized], how: How) -> Iterator[File]:
    """Yield the files as they are graded, here or side by side."""
    if cores() < 2 or sum(rows for *_, rows in files) < PAYS:
        yield from grade_in_turn(folder, [file[:2] for file in files], how)
        return
    said: SimpleQueue[str] = SimpleQueue()
    shares = _shares(files, cores())
    with _processes(folder, shares, how, said):
        ended = 0
        while ended < len(shares):
            if line := said.get():
                benchmark, file = line.split()
                yield benchmark, file
            else:
                ended += 1


def grade_in_turn(folder: RunFolder, files: Iterable[File], how: How) -> Iterator[File]:
    """Write the verdicts on files of generations by every mode, and yield each as it is done.

    Raises:
        FolderError: a file can't be read.
        OutputError: verdicts can't be written.
    """
    settings: dict[str, GradeSettings] = {mode: GradeSettings(mode, *how) for mode in MODES}
    of, known = "", dict[str, Truth]()
    for benchmark, file in files:
        if benchmark != of:  # files of one benchmark are neighbours
            of, known = benchmark, truths(folder.facts(benchmark))
        verdicts = verdict_tables(folder.generations_in(benchmark, file), known, settings)
        for mode, table in verdicts.items():
            folder.write_verdicts(mode, benchmark, file, table)
        yield benchmark, file


def _shares(files: Sequence[Sized], count: int) -> list[list[Sized]]:
    """Return files dealt out so that all shares have about as many generations, large ones first.

    Example:
        >>> shares = _shares([("b", "x", 5), ("b", "y", 3), ("b", "z", 3)], 2)
        >>> [[file for _, file, _ in share] for share in shares]
        [['x'], ['y', 'z']]
    """
    shares: list[list[Sized]] = [[] for _ in range(min(count, len(files)))]
    for file in sorted(files, key=lambda one: -one[2]):
        min(shares, key=lambda share: sum(rows for *_, rows in share)).append(file)
    return [sorted(share) for share in shares]


@contextmanager
def _processes(
    folder: RunFolder, shares: Sequence[Sequence[Sized]], how: How, said: "SimpleQueue[str]"
) -> Iterator[None]:
    """Have a process grade each share; what they say goes into the queue, an empty line at each one's end."""
    command = [sys.executable, "-m", "crossthink_hub.evaluation.grading_files", str(folder.path), *how]
    running = []
    try:
        for share in shares:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**os.environ, "LOCAL_WORLD_SIZE": str(len(shares))},  # they share the cores for algebra
                start_new_session=True,  # Ctrl-C is for us: we end it
            )
            running.append(process)
            Thread(target=_hear, args=(process, share, said), daemon=True).start()
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def _hear(process: "subprocess.Popen[str]", share: Sequence[Sized], said: "SimpleQueue[str]") -> None:
    Thread(target=_tell, args=(cast("IO[str]", process.stdin), share), daemon=True).start()
    for line in cast("IO[str]", process.stdout):
        said.put(line)
    said.put("")


def _tell(stdin: IO[str], share: Sequence[Sized]) -> None:
    """Say which files to grade, beside hearing which are: either may have to wait for the other."""
    with suppress(BrokenPipeError):  # it ended early
        stdin.write("".join(f"{benchmark} {file}\n" for benchmark, file, _ in share))
        stdin.close()


def main(arguments: Sequence[str]) -> int:
    """Grade the files that standard input names."""
    path, thought, answer_in = arguments
    how = (cast("Thought", thought), cast("AnswerIn", answer_in))
    named = ((benchmark, file) for benchmark, file in map(str.split, sys.stdin))
    try:
        for file in grade_in_turn(RunFolder(Path(path)), named, how):
            print(*file, flush=True)
    except CrossThinkError as error:
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
