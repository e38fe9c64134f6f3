"""An evaluation from its settings to its results: all is checked first, then what is missing generated."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, get_args

from filelock import FileLock, Timeout
from xxhash import xxh3_64_intdigest

from crossthink_hub.errors import CrossThinkError, OutputError, UsageError
from crossthink_hub.evaluation.engines.choosing import Chosen, choose_engine
from crossthink_hub.evaluation.generation import Generation, Key, Request
from crossthink_hub.evaluation.model_record import ModelRecord, read_record, training_questions
from crossthink_hub.evaluation.overlap import overlap
from crossthink_hub.evaluation.preflight import check_disk, needs_a_model, ready_benchmarks
from crossthink_hub.evaluation.results import Model, Results
from crossthink_hub.evaluation.run_folder import RunFolder
from crossthink_hub.evaluation.scoring import grade_run
from crossthink_hub.evaluation.settings import AUTO, Evaluation, Pass
from crossthink_hub.evaluation.verdicts import MAIN
from crossthink_hub.grading.settings import Mode, check_choice
from crossthink_hub.progress import say as say_line
from crossthink_hub.progress import tracked
from crossthink_hub.recipe.configs import LONG
from crossthink_hub.training.provenance import git_commit, versions

Say = Callable[[str], None]
AT_ONCE = 1_000
"""Answers in a file at most."""
SOON, LATE = 1.0, 30.0
"""Seconds that the first answers wait to be written, and the later ones at most: what a kill can lose."""


@dataclass(frozen=True)
class Prepared:
    """An evaluation that can begin.

    Attributes:
        folder: of the run, with the questions in it.
        chosen: the engine.
        longest: tokens of the longest prompt; 0 if that is not known.
        passes: the ways in which questions are answered, with the benchmarks that can be asked.
    """

    folder: RunFolder
    chosen: Chosen
    longest: int
    passes: Sequence[Pass]


def evaluate(settings: Evaluation, out: Path, mode: str = MAIN, say: Say = say_line) -> Results:
    """Answer the questions of benchmarks with a model, grade the answers, and return what they come to.

    Run again with the same `out`, it makes only the answers that are missing.

    Args:
        settings: model, benchmarks, how to prompt and to sample.
        out: the folder of the run.
        mode: whose verdicts the tables show.
        say: is told how it goes.

    Raises:
        UsageError: settings, model and folder do not go together.
        SourceError: a benchmark can't be read.
        OutputError: the folder can't be written.
        EngineError: the engine can't go on; the answers that were made are kept.
    """
    check_choice("mode", mode, get_args(Mode))
    needs_a_model(settings)
    with alone(out):
        prepared = prepare(settings, out, say)
        pending = sum(1 for _ in unanswered(prepared, settings.seed))
        if pending:
            check_disk(out, pending)
            say(f"{pending:,} answers to make with {settings.model}")
            _generate(prepared, settings.seed, pending)
        return grade_run(out, mode)


@contextmanager
def alone(out: Path) -> Iterator[None]:
    """Have the folder of a run to ourselves.

    Raises:
        UsageError: another evaluation is at work in it.
        OutputError: it can't be written beside.
    """
    try:
        place = out.resolve()
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place.parent / f".{place.name}.lock", timeout=0)
        lock.acquire()
    except Timeout as error:
        raise UsageError(
            "another evaluation is at work in it",
            where=out,
            fix="Wait for it, or choose another --out.",
        ) from error
    except OSError as error:
        raise OutputError(f"can't be written ({error.strerror or error})", where=out) from error
    try:
        yield
    finally:
        lock.release()


# What comes before the first token.


def prepare(settings: Evaluation, out: Path, say: Say) -> Prepared:
    """Check everything that can be checked without a token, and write down what is asked."""
    record = read_record(settings.model, settings.revision, say) if settings.endpoint is None else None
    folder, chosen = RunFolder(out), choose_engine(settings, out, say)
    said = _identity(settings, record, chosen)
    folder.settle(said)
    skipped: dict[str, str] = {}
    asked: dict[str, int] = {}
    longest = 0
    for one in ready_benchmarks(
        settings, said["model"]["answer"], chosen.prompts, chosen.positions, say, skipped
    ):
        folder.add("benchmarks", one.name, one.facts)
        folder.write_questions(one.name, one.questions)
        asked[one.name] = len(one.questions)
        longest = max(longest, one.longest or 0)
    passes = [_added(one, asked, folder) for one in settings.passes()]
    seen = _seen(folder, said["model"]["config"], _training_data(settings, record), say)
    folder.note(skipped=_skipped(folder, skipped), seen=seen)
    return Prepared(folder, chosen, longest, passes)


def _added(one: Pass, asked: Mapping[str, int], folder: RunFolder) -> Pass:
    """Return a pass with the benchmarks that can be asked, no fewer answers to each than before."""
    before = folder.identity()["passes"].get(one.name, {}).get("~samples", {})
    samples = {name: max(one.samples[name], before.get(name, 0)) for name in asked}
    folder.add("passes", one.name, {"sampling": asdict(one.sampling), "~samples": before | samples})
    return Pass(one.name, one.sampling, samples)


def _skipped(folder: RunFolder, now: Mapping[str, str]) -> dict[str, str]:
    """Return the benchmarks that could not be had, now or before, and are not there by now."""
    before, there = folder.identity().get("~skipped", {}), folder.benchmarks()
    return {name: why for name, why in {**before, **now}.items() if name not in there}


def _identity(settings: Evaluation, record: ModelRecord | None, chosen: Chosen) -> dict[str, Any]:
    """Return what decides the answers, as `run.json` keeps it."""
    own = record.answer if record else LONG
    model = Model(
        name=settings.model,
        revision=settings.revision,
        base=settings.base or (record.base if record else None),
        config=settings.config or (record.config if record else None),
        answer=own if settings.answer == AUTO else settings.answer,
        data_version=record.provenance.data.version if record else None,
        weights=chosen.digest,
    )
    return {
        "model": asdict(model),
        "engine": dict(chosen.facts),
        "profile": {
            "name": settings.profile,
            "thought": chosen.thought,
            "answer_in": settings.answer_in,
            "chat_template": chosen.chat_template,
            "chat_template_kwargs": dict(settings.chat_template_kwargs),
            **{name: list(values) for name, values in chosen.stops.items()},
        },
        "seed": settings.seed,
        "~sources": settings.sources,
        "~versions": versions(),
        "~git": git_commit(),
    }


def _training_data(settings: Evaluation, record: ModelRecord | None) -> str | None:
    return settings.training_data or (record.recipe.dataset if record else None)


def _seen(folder: RunFolder, config: str | None, dataset: str | None, say: Say) -> Any:
    """Return which questions the model has seen in training; None, said why, where that is not known."""
    if config is None or dataset is None:
        return None
    wanted = {name: folder.items(name) for name in folder.benchmarks()}
    try:
        return overlap(wanted, training_questions(dataset, config), f"{dataset}, {config}")
    except CrossThinkError as error:
        say(f"which questions the model was trained on is not known: {error}")
        return None


# Answers.


def unanswered(prepared: Prepared, seed: int) -> Iterator[Request]:
    """Yield a request for every answer that is not there yet, benchmark by benchmark."""
    for one in prepared.passes:
        for benchmark, samples in one.samples.items():
            done = prepared.folder.done(benchmark)
            for item in prepared.folder.items(benchmark):
                keys = (Key(benchmark, item.id, one.name, sample) for sample in range(samples))
                for key in keys:
                    if key not in done:
                        yield Request(key, item.prompt, one.sampling, seed_of(seed, key))


def seed_of(seed: int, key: Key) -> int:
    """Return the seed of one answer: it is the same whichever others are made beside it.

    Example:
        >>> seed_of(0, Key("amc23", "a", "sampled", 0)) == seed_of(0, Key("amc23", "a", "sampled", 1))
        False
    """
    text = "\0".join(map(str, (seed, key.benchmark, key.id, key.run, key.sample)))
    return xxh3_64_intdigest(text.encode()) & 0x7FFFFFFF


@dataclass
class Collected:
    """Answers on their way to the folder: written when there are many, or when they have waited for long.

    Args:
        folder: of the run.
    """

    folder: RunFolder
    _waiting: dict[tuple[str, str], list[Generation]] = field(default_factory=dict, init=False)
    _since: float = field(default=0.0, init=False)
    _pause: float = field(default=SOON, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)

    def __post_init__(self) -> None:
        threading.Thread(target=self._watch, daemon=True).start()

    def add(self, generation: Generation) -> None:
        """Take an answer."""
        with self._lock:
            if not self._waiting:
                self._since = time.monotonic()
            own = self._waiting.setdefault((generation.key.benchmark, generation.key.run), [])
            own.append(generation)
            if len(own) >= AT_ONCE or self._is_due():
                self._write()

    def close(self) -> None:
        """Write what was taken and is not written yet."""
        self._ended.set()
        with self._lock:
            self._write()

    def _is_due(self) -> bool:
        return bool(self._waiting) and time.monotonic() - self._since > self._pause

    def _watch(self) -> None:
        """Write what has waited for long while no answer comes."""
        while not self._ended.wait(SOON):
            with self._lock:
                if self._is_due():
                    with suppress(OutputError):  # met again where the next answer comes, or at the end
                        self._write()

    def _write(self) -> None:
        while self._waiting:
            key = next(iter(self._waiting))
            self.folder.write_generations(self._waiting[key])
            del self._waiting[key]
        self._pause = min(2 * self._pause, LATE)


def _generate(prepared: Prepared, seed: int, pending: int) -> None:
    """Make the answers that are missing; those that were made are kept, whatever ends it."""
    with ExitStack() as stack:
        engine = stack.enter_context(closing(prepared.chosen.start(prepared.longest)))
        prepared.folder.note(made_by=dict(engine.facts()))
        collected = stack.enter_context(closing(Collected(prepared.folder)))
        generations = stack.enter_context(closing(engine.generate(unanswered(prepared, seed))))
        for generation in tracked(generations, pending, "Answers"):
            collected.add(generation)
