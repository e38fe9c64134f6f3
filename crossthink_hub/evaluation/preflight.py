"""Everything that can go wrong before the first token, looked at before the first token."""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa

from crossthink_hub.building.digest import hexadecimal, row_digests, set_digest
from crossthink_hub.errors import GatedError, OutputError, SourceError, UsageError
from crossthink_hub.evaluation.benchmarks import named
from crossthink_hub.evaluation.benchmarks.loading import missing, read_benchmarks
from crossthink_hub.evaluation.benchmarks.reading import Loaded
from crossthink_hub.evaluation.item import Message
from crossthink_hub.evaluation.settings import ALL, Evaluation
from crossthink_hub.progress import size
from crossthink_hub.sources.upstream import NO_FILES, SAMPLE

Say = Callable[[str], None]
Conversation = Sequence[Message]
BYTES_PER_ANSWER = 4_000
"""As text, a thousand tokens: wrong answers have about as many on average (table 9)."""
BATCH = 1_000
SHOWN = 3


class Prompts(Protocol):
    """How a model sees conversations, before it is loaded."""

    def seen(self, conversations: Sequence[Conversation]) -> tuple[bytes, Sequence[int] | None]:
        """Return a digest of conversations as the model sees them, and the tokens that each has.

        The tokens are None where they can't be told from here.
        """


@dataclass(frozen=True)
class Ready:
    """A benchmark that can be asked.

    Attributes:
        name: of it.
        questions: rows that are asked, with `item.SCHEMA`.
        facts: as `run.json` keeps them.
        longest: tokens of the longest prompt that fits; None if that is not known.
    """

    name: str
    questions: pa.Table
    facts: Mapping[str, Any]
    longest: int | None


def ready_benchmarks(
    settings: Evaluation,
    answer: str,
    prompts: Prompts,
    positions: int | None,
    say: Say,
    skipped: dict[str, str],
) -> Iterator[Ready]:
    """Yield the benchmarks of an evaluation one after the other, each as it can be asked.

    Args:
        settings: names them, and where they are read from.
        answer: `long` or `short`.
        prompts: how the model sees them.
        positions: tokens that the model can look at; None if that is not known.
        say: is told what is to know of the rows.
        skipped: takes the benchmarks that can't be had, each with the reason.

    Raises:
        UsageError: there is no such benchmark.
        SourceError: none can; or a file can't be read, or the Hub not be reached.
    """
    for name in settings.names():
        loaded = _loaded(name, settings, answer, skipped)
        if loaded is None:
            say(f"{name} is skipped: {skipped[name]}")
        else:
            yield _ready(loaded, settings.limit, prompts, positions, say)
    if len(skipped) == len(settings.names()):
        raise SourceError(
            "; ".join(f"{name}: {why}" for name, why in skipped.items()), where=settings.sources
        )


def _loaded(name: str, settings: Evaluation, answer: str, skipped: dict[str, str]) -> Loaded | None:
    """Return a benchmark, or write down why it can't be had: gated, or not in the folder."""
    (benchmark,) = named([name])
    try:
        found = read_benchmarks([name], settings.sources, answer)
    except GatedError as error:
        skipped[name] = " ".join(str(error).split())
        return None
    if not found and not (ALL in settings.benchmarks or benchmark.gated):
        raise missing([name], settings.sources)
    if not found:
        skipped[name] = f"{NO_FILES} in {settings.sources}"
        return None
    return found[0]


def _ready(loaded: Loaded, limit: int | None, prompts: Prompts, positions: int | None, say: Say) -> Ready:
    benchmark, rows = loaded.benchmark, loaded.rows
    questions = rows.slice(0, limit) if limit else rows
    notes = tuple(loaded.account.notes(benchmark.name))
    if loaded.found.kind != SAMPLE:
        for note in notes:
            say(note)
    digest, longest = _measured(benchmark.name, questions, prompts, positions, say)
    return Ready(
        name=benchmark.name,
        questions=questions,
        longest=longest,
        facts={
            "title": benchmark.title,
            "category": benchmark.category,
            "published": benchmark.rows,
            "kept": len(rows),
            "~notes": notes,
            "repo": loaded.found.repo,
            "revision": loaded.found.revision,
            "row_digest": hexadecimal(set_digest(row_digests(rows))),
            "~prompt_digest": digest,
            "publishable": benchmark.never_published is None,
        },
    )


def _measured(
    name: str, questions: pa.Table, prompts: Prompts, positions: int | None, say: Say
) -> tuple[str, int | None]:
    """Return the digest of the prompts and the length of the longest that fits; say which do not."""
    whole = hashlib.sha256()
    fitting, too_long = [0], list[str]()
    counted = True
    for batch in questions.select(["id", "prompt"]).to_batches(max_chunksize=BATCH):
        conversations = batch["prompt"].to_pylist()
        digest, lengths = prompts.seen(conversations)
        whole.update(digest)
        counted = lengths is not None
        for id, length in zip(batch["id"].to_pylist(), lengths or (), strict=False):
            if positions is None or length < positions:
                fitting.append(length)
            else:
                too_long.append(id)
    if too_long:
        some = ", ".join(too_long[:SHOWN]) + (", …" if len(too_long) > SHOWN else "")
        say(
            f"{name}: {len(too_long):,} prompts do not fit into {positions:,} tokens, "
            f"and count as not right: {some}"
        )
    return whole.hexdigest(), max(fitting) if counted else None


def check_disk(out: Path, answers: int) -> None:
    """Say whether there is room for so many answers.

    Raises:
        OutputError: there is not.
    """
    there = next(folder for folder in (out.absolute(), *out.absolute().parents) if folder.is_dir())
    free, needed = shutil.disk_usage(there).free, answers * BYTES_PER_ANSWER
    if free < needed:
        raise OutputError(
            f"{size(free)} are free, and {answers:,} answers take about {size(needed)}",
            where=out,
            fix="Free some, or choose another --out.",
        )


def needs_a_model(settings: Evaluation) -> None:
    """Say whether the model is a file that is none.

    Raises:
        UsageError: it looks like a path, and nothing lies there.
    """
    looks_like_path = settings.model.startswith((".", "/", "~")) or settings.model.count("/") > 1
    if looks_like_path and settings.endpoint is None and not Path(settings.model).is_dir():
        raise UsageError(
            "no such folder", where=settings.model, fix="Give a folder with a model, or a name on the Hub."
        )
