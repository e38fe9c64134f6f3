"""A report: its tables and figures, in the order in which they are read."""

from collections.abc import Iterable, Sequence

from crossthink_hub.evaluation.report.blocks import Block, Section
from crossthink_hub.evaluation.report.figures import (
    accuracy_figure,
    lengths_figure,
    subcategory_figure,
    wrong_lengths_figure,
)
from crossthink_hub.evaluation.report.gains import gains_table, without_base
from crossthink_hub.evaluation.report.lengths import lengths_table, table_9
from crossthink_hub.evaluation.report.making import counts_table, making_table
from crossthink_hub.evaluation.report.repeats import repeats_table
from crossthink_hub.evaluation.report.rules import agieval_table, modes_table, subjects_table
from crossthink_hub.evaluation.report.runs import distinct
from crossthink_hub.evaluation.report.score_tables import not_drawn, other_runs_table, score_tables
from crossthink_hub.evaluation.report.seen import searched, seen_table
from crossthink_hub.evaluation.report.subcategories import FIGURES, subcategory_table
from crossthink_hub.evaluation.results import Results


def sections(runs: Sequence[Results], *, every: bool = False) -> tuple[Section, ...]:
    """Return the tables and figures of runs beside the paper's.

    Args:
        runs: their results, as `read_results` gives them, in the order in which they are to be shown.
        every: also the paper's tables that no run has a row in.

    Raises:
        UsageError: there is no run.
    """
    own = distinct(runs)
    parts = (
        _scores(own, every),
        _section("Runs that the paper has no row of", (), (other_runs_table(own),)),
        _section("Gains", without_base(own), (gains_table(own),)),
        _section("How the runs were made", (), (making_table(own), counts_table(own))),
        _section("Other rules", (), (modes_table(own), agieval_table(own), subjects_table(own))),
        _section("Several answers", (), (repeats_table(own),)),
        _section("Questions from training", searched(own), (seen_table(own),)),
        _lengths(own),
        _subcategories(own),
    )
    return tuple(part for part in parts if part.blocks or part.text)


def _scores(runs: Sequence[Results], every: bool) -> Section:
    left = not_drawn(runs, every=every)
    text = (
        "The paper's tables, with each run right below the row of the same model and config. A number that "
        "the paper quotes from elsewhere, or may, is marked and is no target.",
        *([left] if left else []),
    )
    return _section("Scores", text, (accuracy_figure(runs), *score_tables(runs, every=every)))


def _lengths(runs: Sequence[Results]) -> Section:
    blocks = (table_9(runs), lengths_table(runs), lengths_figure(runs), wrong_lengths_figure(runs))
    return _section("Tokens of correct and wrong answers", (), blocks)


def _subcategories(runs: Sequence[Results]) -> Section:
    blocks = [
        block for name in FIGURES for block in (subcategory_figure(runs, name), subcategory_table(runs, name))
    ]
    return _section("Sub-categories", (), blocks)


def _section(title: str, text: Iterable[str], blocks: Iterable[Block | None]) -> Section:
    return Section(title, tuple(text), tuple(block for block in blocks if block is not None))
