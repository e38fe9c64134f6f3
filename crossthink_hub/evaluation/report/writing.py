"""A report on disk: Markdown, one self-contained page, and the figures as PNG."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from crossthink_hub.evaluation.report.blocks import Picture, Sample, Section
from crossthink_hub.evaluation.report.comparison import comparison
from crossthink_hub.evaluation.report.markdown import markdown
from crossthink_hub.evaluation.report.page import page
from crossthink_hub.evaluation.report.runs import distinct
from crossthink_hub.evaluation.report.samples import MOST, samples
from crossthink_hub.evaluation.report.sections import sections
from crossthink_hub.evaluation.results import FILE_NAME, Results, read_results
from crossthink_hub.evaluation.run_folder import RUN_FILE, RunFolder
from crossthink_hub.progress import say
from crossthink_hub.whole import write_whole

TITLE = "Evaluation beside the tables of NEMOTRON-CROSSTHINK"
MARKDOWN, PAGE, FIGURES = "report.md", "report.html", "figures"


@dataclass(frozen=True)
class Report:
    """A report that was written.

    Attributes:
        page: the HTML file.
        markdown: the same in Markdown, without answers.
        figures: the pictures.
        runs: names of the runs, as the report has them.
        answers: how many answers can be looked through.
    """

    page: Path
    markdown: Path
    figures: tuple[Path, ...]
    runs: tuple[str, ...]
    answers: int

    def as_json(self) -> dict[str, Any]:
        """Return it for a script."""
        return {
            "page": str(self.page),
            "markdown": str(self.markdown),
            "figures": list(map(str, self.figures)),
            "runs": list(self.runs),
            "answers": self.answers,
        }


def write_report(runs: Sequence[Path], out: Path, *, every: bool = False, most: int = MOST) -> Report:
    """Write tables, figures and sampled answers of runs into a folder.

    Args:
        runs: their folders.
        out: the folder of the report.
        every: also the paper's tables that no run has a row in.
        most: answers of each benchmark that a reader can look through, of all runs together.

    Raises:
        UsageError: there is no run.
        FolderError: results, answers or verdicts of a run can't be read.
        OutputError: the folder can't be written.
    """
    runs = _evaluations(runs)
    results = distinct([read_results(run) for run in runs])
    parts = sections(results, every=every)
    return _written(out, parts, results, list(_answers(runs, results, most // max(1, len(runs)))))


def _evaluations(folders: Sequence[Path]) -> Sequence[Path]:
    """Return the folders that hold evaluations, and say which do not: `runs/*` may name trainings too."""
    found = [path for path in folders if (path / RUN_FILE).exists() or (path / FILE_NAME).exists()]
    if not found:
        return folders  # what is wrong with the first is said where it is read
    for path in folders:
        if path not in found:
            say(f"{path} holds no evaluation, and is left out")
    return found


def write_comparison(one: Path, other: Path, out: Path, *, most: int = MOST) -> tuple[Report, Section]:
    """Write how a run differs from another on the same questions, with the report of both.

    Args:
        one: the folder of a run.
        other: that of the run it is compared with.
        out: the folder of the report.
        most: answers of each benchmark that a reader can look through, of both together.

    Raises:
        UsageError: they have no benchmark in common.
        FolderError: results or verdicts can't be read.
        OutputError: the folder can't be written.
    """
    results = distinct([read_results(one), read_results(other)])
    compared = comparison(RunFolder(one), RunFolder(other))
    answers = list(_answers((one, other), results, most // 2))
    return _written(out, (compared, *sections(results)), results, answers), compared


def _answers(runs: Sequence[Path], results: Sequence[Results], most: int) -> Iterator[Sample]:
    for run, result in zip(runs, results, strict=True):
        yield from samples(RunFolder(run), result, most)


def _written(
    out: Path, parts: Sequence[Section], results: Sequence[Results], answers: Sequence[Sample]
) -> Report:
    """Write a report: the page last, when all that it stands beside is there."""
    pictures = [block for part in parts for block in part.blocks if isinstance(block, Picture)]
    figures = tuple(out / FIGURES / f"{picture.key}.png" for picture in pictures)
    for path, picture in zip(figures, pictures, strict=True):
        write_whole(path, partial(Path.write_bytes, data=picture.png))
    names = tuple(result.name for result in results)
    text, html = markdown(TITLE, parts, FIGURES), page(TITLE, ", ".join(names), parts, answers)
    write_whole(out / MARKDOWN, lambda part: part.write_text(text, "utf-8"))
    write_whole(out / PAGE, lambda part: part.write_text(html, "utf-8"))
    for old in set((out / FIGURES).glob("figure_*.png")) - set(figures):
        old.unlink()
    return Report(out / PAGE, out / MARKDOWN, figures, names, len(answers))
