"""The paper's results, read from `dataset_card/published.json`: the only place where they stand."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from crossthink_hub.errors import UsageError

OWN, QUOTED, UNCLEAR = "own", "quoted", "unclear"
"""Where a number comes from: measured for the paper, taken from elsewhere, or not to be told."""
PERCENT = "percent"


@dataclass(frozen=True)
class Cell:
    """A number of a table.

    Attributes:
        value: as printed: percent, or tokens.
        origin: `own`, `quoted` or `unclear`.
        count: of right answers, where exactly one gives the value.
        n: of how many; a wrong one would not give it.
        finding: what is to know about the cell, a key of `Published.findings`.

    Example:
        >>> cell = published().table(4).row("gpr_up").cells["gpqa_diamond"]
        >>> cell.value, cell.origin, f"{cell.count}/{cell.n}"
        (38.58, 'own', '76/197')
    """

    value: float
    origin: str
    count: int | None = None
    n: int | None = None
    finding: str | None = None

    def __post_init__(self) -> None:
        if self.origin not in (OWN, QUOTED, UNCLEAR):
            raise UsageError(f"unknown origin {self.origin!r}", fix=f"Give {OWN}, {QUOTED} or {UNCLEAR}.")
        if (self.count is None) != (self.n is None):
            raise UsageError("a count and the number it is of belong together", where=self.value)
        if self.count is not None and self.n is not None:
            exact = Fraction(100 * self.count, self.n)
            if abs(exact - self.exact) > Fraction(1, 200):
                raise UsageError(f"{self.count}/{self.n} is {float(exact):.2f} percent", where=self.value)

    @property
    def exact(self) -> Fraction:
        """Return the value as the decimal that is printed."""
        return Fraction(str(self.value))


@dataclass(frozen=True)
class Row:
    """A model's results.

    Attributes:
        key: in its table: a config, `base` for the untrained model, `orz` for Open-Reasoner-Zero.
        model: the model before training, as on the Hub.
        config: what it was trained on; None for a model as it is.
        cells: by benchmark, in the order of the table.
        average: as printed, if it is.
    """

    key: str
    model: str
    config: str | None
    cells: Mapping[str, Cell]
    average: float | None = None

    def mean(self, columns: Iterable[str] | None = None) -> Fraction:
        """Return the exact mean of some of its cells, all by default, each as printed.

        Raises:
            UsageError: there is no such column, or none is asked for.

        Example:
            >>> row = published().table(3).row("hendrycks_math")
            >>> row.average, round(float(row.mean()), 4), float(row.mean(["math_500", "amc23"]))
            (45.04, 45.0457, 64.2)
        """
        names = list(self.cells if columns is None else columns)
        unknown = [name for name in names if name not in self.cells]
        if unknown or not names:
            said = f"no column {unknown[0]!r}" if unknown else "the mean of no column"
            raise UsageError(said, where=self.key, fix=f"Columns are {', '.join(self.cells)}.")
        return sum((self.cells[name].exact for name in names), Fraction(0)) / len(names)


@dataclass(frozen=True)
class Table:
    """A table of results: `unit` is `percent` or `tokens`, `rows` stand in its order."""

    number: int
    title: str
    unit: str
    rows: Mapping[str, Row]

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the names of its columns, in order: of tables 3 to 7, the benchmarks."""
        return tuple(next(iter(self.rows.values())).cells)

    def row(self, key: str) -> Row:
        """Return a row by its key.

        Raises:
            UsageError: there is none; the message names them all.

        Example:
            >>> published().table(9).row("mr/orz").cells["max"].value
            12917.0
        """
        if key not in self.rows:
            fix = f"Its rows are {', '.join(self.rows)}."
            raise UsageError(f"no row {key!r}", where=f"table {self.number}", fix=fix)
        return self.rows[key]


@dataclass(frozen=True)
class Figure:
    """What a figure shows, the unit of its bars, and the numbers that the text gives of it.

    Attributes:
        number: of the figure.
        shows: in words.
        unit: of its bars.
        values: by part and by series, such as `values["law"]["gain_percent"]`; nothing is read off a picture.
    """

    number: int
    shows: str
    unit: str
    values: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Claim:
    """A number in the paper's text, and what its tables give.

    Attributes:
        where: in the paper.
        says: what the number is of.
        printed: the number in the text.
        unit: `points` of percent, `percent` of the other number, `rank`, `megabytes` or `rows`.
        recomputed: the same from the cells.
        agrees: whether that is the printed number, as rounded there.
        qualifier: `over` or `about`, where the text says so.
        note: what explains it.

    Example:
        >>> claim = published().claims["math_score_only_mr"]
        >>> claim.printed, claim.recomputed, claim.agrees
        (56.2, 74.3, False)
    """

    where: str
    says: str
    printed: float
    unit: str
    recomputed: float
    agrees: bool
    qualifier: str = ""
    note: str = ""


@dataclass(frozen=True)
class Finding:
    """What arithmetic says of the numbers, and how sure that is: `medium`, `high` or `very high`."""

    confidence: str
    says: str


@dataclass(frozen=True)
class Published:
    """Everything that `published.json` holds.

    Attributes:
        paper: and its version.
        benchmarks: of tables 3 to 7, in order, each with `gpr` or `mr`.
        setup: how the paper says that it trained and measured.
        tables: by number.
        figures: by number.
        claims: by name.
        findings: by name.
        release: the data set released with the paper: repository, revision, rows and bytes of its files.
    """

    paper: str
    benchmarks: Mapping[str, str]
    setup: Mapping[str, Any]
    tables: Mapping[int, Table]
    figures: Mapping[int, Figure]
    claims: Mapping[str, Claim]
    findings: Mapping[str, Finding]
    release: Mapping[str, Any]

    def __post_init__(self) -> None:
        for table in self.tables.values():
            for row in table.rows.values():
                for column, cell in row.cells.items():
                    if cell.finding is not None and cell.finding not in self.findings:
                        place = f"table {table.number}, {row.key}, {column}"
                        raise UsageError(f"there is no finding {cell.finding!r}", where=place)

    def table(self, number: int) -> Table:
        """Return a table of results by its number.

        Raises:
            UsageError: it is none of tables 3 to 7 and 9.

        Example:
            >>> published().table(4).row("gpr_up").cells["mmlu_pro"].value
            57.82
        """
        if number not in self.tables:
            known = ", ".join(map(str, self.tables))
            raise UsageError(f"table {number} has no results", fix=f"Tables with results are {known}.")
        return self.tables[number]

    def figure(self, number: int) -> Figure:
        """Return a figure by its number.

        Raises:
            UsageError: it shows no results.

        Example:
            >>> published().figure(3).values["mmlu"]
            mappingproxy({'gpr_up': 229, 'only_mr': 351})
        """
        if number not in self.figures:
            known = ", ".join(map(str, self.figures))
            raise UsageError(f"figure {number} shows no results", fix=f"Figures with results are {known}.")
        return self.figures[number]

    def reported(self, model: str, config: str | None) -> Row | None:
        """Return the accuracies of a model trained on a config, None if the paper has none.

        Where it prints a row twice, as that of the untrained model, both are equal.

        Example:
            >>> published().reported("Qwen/Qwen2.5-32B", "gpr_up").average
            65.84
            >>> published().reported("Qwen/Qwen2.5-32B", "nd") is None
            True
        """
        accuracies = [table for table in self.tables.values() if table.unit == PERCENT]
        rows = (row for table in accuracies for row in table.rows.values())
        return next((row for row in rows if (row.model, row.config) == (model, config)), None)


@cache
def published() -> Published:
    """Return the paper's numbers.

    Example:
        >>> list(published().benchmarks)[-2:]
        ['math_500', 'amc23']
    """
    text = resources.files("crossthink_hub").joinpath("dataset_card", "published.json").read_text("utf-8")
    said = json.loads(text)
    return Published(
        paper=said["paper"],
        benchmarks=_frozen(said["benchmarks"]),
        setup=_frozen(said["setup"]),
        tables=MappingProxyType({int(key): _table(int(key), table) for key, table in said["tables"].items()}),
        figures=MappingProxyType(
            {int(key): Figure(int(key), **_frozen(figure)) for key, figure in said["figures"].items()}
        ),
        claims=MappingProxyType({key: Claim(**claim) for key, claim in said["claims"].items()}),
        findings=MappingProxyType({key: Finding(**finding) for key, finding in said["findings"].items()}),
        release=_frozen(said["release"]),
    )


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of `published.json`."""
    text = resources.files("crossthink_hub.evaluation").joinpath("published.schema.json").read_text("utf-8")
    found: Mapping[str, Any] = json.loads(text)
    return found


def _table(number: int, said: Mapping[str, Any]) -> Table:
    rows = {key: _row(key, row) for key, row in said["rows"].items()}
    return Table(number, said["title"], said["unit"], MappingProxyType(rows))


def _row(key: str, said: Mapping[str, Any]) -> Row:
    cells = {column: Cell(**cell) for column, cell in said["cells"].items()}
    return Row(key, said["model"], said["config"], MappingProxyType(cells), said.get("average"))


def _frozen(value: Any) -> Any:
    """Return mappings, those inside too, as ones that nobody can change."""
    if not isinstance(value, dict):
        return value
    return MappingProxyType({key: _frozen(inner) for key, inner in value.items()})
