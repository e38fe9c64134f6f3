"""Peak memory by the number of questions: preflight, keeping answers, resuming and grading.

The engine is the bench's own and answers at once, so that what is measured is ours. Each stage is a process.
"""

import argparse
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from build import MIB
from evaluate_child import EVAL, Said, markdown, run

from crossthink_hub.evaluation import evaluate
from crossthink_hub.evaluation.engines.choosing import Chosen
from crossthink_hub.evaluation.generation import Finish, Generation, Request
from crossthink_hub.evaluation.prompting import RemotePrompts
from crossthink_hub.evaluation.run_folder import RunFolder
from crossthink_hub.evaluation.scoring import grade_run
from crossthink_hub.evaluation.settings import Evaluation

BENCHMARK = "mmlu_pro"
FILE = "test-00000-of-00001.parquet"
TEXT = f"<think>{'It is one of these, and not one of those. ' * 45}</think> The answer is \\boxed{{A}}."
MOMENT_S = 1.0
"""So that memory is sampled at least once where a stage does nothing."""


class Instant:
    """An engine that answers at once, about 2,000 characters each."""

    def facts(self) -> Mapping[str, Any]:
        """Return what decides its output."""
        return {"name": "instant", "version": "1"}

    def generate(self, requests: Iterator[Request]) -> Generator[Generation]:
        """Yield an answer to each request; the first sentence is its own, so that no two are one string."""
        for request in requests:
            text = f"<think>{request.key.id} {TEXT.removeprefix('<think>')}"
            yield Generation(request.key, text, 400, 100, Finish.STOP)

    def close(self) -> None:
        """Do nothing."""


CHOSEN = Chosen(
    facts={"name": "instant", "version": "1"},
    digest=None,
    prompts=RemotePrompts(None),
    positions=None,
    thought="tagged",
    chat_template=None,
    stops={"stop": (), "stop_token_ids": ()},
    start=lambda longest: Instant(),
)


def settings(sources: str) -> Evaluation:
    """Return the evaluation."""
    return Evaluation(model=sources, benchmarks=(BENCHMARK,), sources=sources)


def imports(run_folder: Path, sources: str) -> None:
    """Do nothing: what the modules take."""
    time.sleep(MOMENT_S)


def preflight(run_folder: Path, sources: str) -> None:
    """Read the questions and write them down, as every evaluation begins."""
    evaluate.choose_engine = lambda *given: CHOSEN
    evaluate.prepare(settings(sources), run_folder, lambda line: None)


def prepared(run_folder: Path, sources: str) -> evaluate.Prepared:
    """Return the evaluation as the preflight left it."""
    return evaluate.Prepared(RunFolder(run_folder), CHOSEN, 0, settings(sources).passes())


def answers(run_folder: Path, sources: str) -> None:
    """Ask for every answer and keep it."""
    ready = prepared(run_folder, sources)
    engine = ready.chosen.start(0)
    with closing(engine), closing(evaluate.Collected(ready.folder)) as collected:
        for generation in engine.generate(evaluate.unanswered(ready, 0)):
            collected.add(generation)


def resuming(run_folder: Path, sources: str) -> None:
    """Look for missing answers where all are there."""
    assert not sum(1 for _ in evaluate.unanswered(prepared(run_folder, sources), 0))


def grading(run_folder: Path, sources: str) -> None:
    """Grade all answers."""
    grade_run(run_folder)


STAGES: dict[str, Callable[[Path, str], None]] = {
    "imports": imports,
    "preflight": preflight,
    "answers": answers,
    "resuming": resuming,
    "grading": grading,
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--questions", nargs="+", type=int, default=[10_000, 100_000])
    parser.add_argument("--sources", type=Path, default=EVAL, help="folder of benchmarks")


def write_questions(folder: Path, sources: Path, count: int) -> None:
    """Write so many questions as MMLU-Pro's file has them: its own, repeated under other numbers."""
    real = pq.read_table(sources / BENCHMARK / FILE)
    place = pa.array(range(count), pa.int64())
    rows = real.take(pc.subtract(place, pc.multiply(pc.divide(place, len(real)), len(real))))
    numbered = pc.binary_join_element_wise(rows["question"], pc.cast(place, pa.string()), " ")
    (folder / BENCHMARK).mkdir(parents=True)
    rows = rows.set_column(rows.column_names.index("question"), "question", numbered)
    pq.write_table(rows, folder / BENCHMARK / FILE)


def measured(args: argparse.Namespace, count: int, scratch: Path) -> dict[str, Said]:
    """Return what each stage took, with so many questions."""
    sources = scratch / f"sources-{count}"
    write_questions(sources, args.sources, count)
    task = {"run": str(scratch / f"run-{count}"), "sources": str(sources), "watched": True}
    return {stage: run("memory", {**task, "stage": stage}, scratch, f"{stage}-{count}") for stage in STAGES}


def table(runs: Mapping[int, Mapping[str, Said]]) -> str:
    """Return the peaks, and how they grow from the fewest to the most questions."""
    few, many = min(runs), max(runs)
    head = ["peak PSS (RSS) MiB", *(f"{count:,} questions" for count in runs), "ratio", "MiB per 1,000 more"]
    rows = []
    for stage in STAGES:
        peaks = [runs[count][stage] for count in runs]
        low, high = (runs[count][stage]["peak"]["pss"] / MIB for count in (few, many))
        each = 1000 * (high - low) / max(many - few, 1)
        shown = (f"{one['peak']['pss'] / MIB:,.0f} ({one['rss'] / MIB:,.0f})" for one in peaks)
        rows.append([stage, *shown, f"{high / low:.2f}", f"{each:.2f}"])
    return markdown(head, rows)


def stage_seconds(runs: Mapping[int, Mapping[str, Said]]) -> str:
    """Return how long the stages took, in a line."""
    parts: Sequence[str] = [
        f"{count:,}: " + ", ".join(f"{stage} {said['seconds']:.1f} s" for stage, said in stages.items())
        for count, stages in runs.items()
    ]
    return "; ".join(parts)


def main(args: argparse.Namespace) -> dict[str, Any]:
    """Print the table; return the numbers."""
    with TemporaryDirectory() as name:
        runs = {count: measured(args, count, Path(name)) for count in args.questions}
    print(table(runs))
    print(f"\nWatched, so slower than otherwise: {stage_seconds(runs)}.")
    return {"runs": runs}
