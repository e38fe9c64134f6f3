"""What a benchmark is: where its rows are, how they are read, and what its parts are called."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from types import MappingProxyType

import yaml

from crossthink_hub.sources.shape import Shape

HUB, GITHUB = "hub", "github"
MCQ, OPEN = "mcq", "open"


@dataclass(frozen=True)
class Task:
    """A part of a benchmark; `None` is as the benchmark has it.

    Attributes:
        subcategory: as the paper's figures 5 to 7 group tasks.
        language: of its questions, `en` or `zh`.
        question_type: `mcq` or `open`.
        rows: as published.
        licence: of its rows.
        non_commercial: why it may not be sold, if so.
    """

    subcategory: str
    language: str = "en"
    question_type: str | None = None
    rows: int | None = None
    licence: str | None = None
    non_commercial: str | None = None


def no_task(file: str) -> str | None:
    """Return None: the files of most benchmarks are not named after tasks."""
    return None


@dataclass(frozen=True)
class Benchmark:
    """A published set of questions to measure a model on.

    Attributes:
        name: as the paper's tables are keyed in `published.json`.
        title: for people.
        repo: the repository, on the Hub or on GitHub.
        files: glob patterns of its files, matched from the right; the first that matches any is used.
        shapes: the formats of its rows, the most specific first: they read rows into problems.
        rows: as published.
        licence: of its rows.
        category: `gpr` or `mr`.
        question_type: `mcq` or `open`; a task may have another.
        config: on the Hub.
        split: on the Hub; files that name another are left alone.
        host: of the repository, `hub` or `github`.
        revision: the commit that is read where the lock file has none; None is the newest.
        paths: of its files on GitHub.
        aliases: other names that its folder may have in a mirror.
        headed: whether its CSV files have a header.
        paper: its arXiv number.
        gated: whether the Hub asks to accept terms first.
        never_published: why none of its rows may be put online, if so.
        tasks: the tasks known, by name.
        task_of: the task that a file is of, by its name; None where its rows say it.
        only_known: whether files of no known task are left alone.
    """

    name: str
    title: str
    repo: str
    files: tuple[str, ...]
    shapes: tuple[Shape, ...]
    rows: int
    licence: str
    category: str = "gpr"
    question_type: str = MCQ
    config: str | None = None
    split: str = "test"
    host: str = HUB
    revision: str | None = None
    paths: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    headed: bool = False
    paper: str | None = None
    gated: bool = False
    never_published: str | None = None
    tasks: Mapping[str, Task] = field(default_factory=dict)
    task_of: Callable[[str], str | None] = no_task
    only_known: bool = False

    def task(self, name: str, domain: str | None = None) -> Task:
        """Return what is known of a task; of one that is not known, its domain is the sub-category.

        Example:
            >>> Benchmark("b", "B", "o/b", (), (), 1, "MIT").task("optics", "physics").subcategory
            'physics'
        """
        return self.tasks.get(name) or Task(domain or name)

    def type_of(self, task: str) -> str:
        """Return the type of a task's questions."""
        return self.task(task).question_type or self.question_type


def known_tasks(name: str) -> Mapping[str, Task]:
    """Return the tasks that a benchmark's file in `data` lists.

    Example:
        >>> known_tasks("agieval")["lsat-ar"].subcategory
        'law'
    """
    folder = resources.files("crossthink_hub.evaluation.benchmarks").joinpath("data")
    table = yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text("utf-8"))
    return MappingProxyType({task: Task(**facts) for task, facts in table.items()})
