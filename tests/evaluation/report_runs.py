"""Results of made-up runs, for tests of reports: names and sizes are real, answers are drawn."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from crossthink_hub.evaluation.benchmarks import BENCHMARKS
from crossthink_hub.evaluation.results import (
    BenchmarkResult,
    Lengths,
    Model,
    Part,
    PassResult,
    Results,
    Scores,
    Seen,
)
from crossthink_hub.evaluation.statistics import Estimate, Tally, by_part, macro, pass_at_k, pooled

BASE = "Qwen/Qwen2.5-7B"
ORZ = "Open-Reasoner-Zero/Open-Reasoner-Zero-7B"
ROWS = {benchmark.name: benchmark.rows for benchmark in BENCHMARKS}
TITLES = {benchmark.name: benchmark.title for benchmark in BENCHMARKS}
MATH = ("math_500", "amc23")
SUBCATEGORIES: Mapping[str, tuple[str, ...]] = {
    "mmlu": ("biology", "law", "math", "other"),
    "mmlu_pro": (
        *("biology", "business", "chemistry", "computer science", "economics", "engineering", "health"),
        *("history", "law", "math", "other", "philosophy", "physics", "psychology"),
    ),
    "gpqa_diamond": ("Biology", "Chemistry", "Physics"),
    "agieval": ("biology", "chinese", "english", "history", "law", "logic", "math", "physics"),
    "supergpqa": (
        *("Agronomy", "Economics", "Education", "Engineering", "History", "Law", "Literature and Arts"),
        *("Management", "Medicine", "Military Science", "Philosophy", "Science", "Sociology"),
    ),
    "math_500": ("algebra", "geometry", "number_theory"),
    "amc23": ("amc23",),
}
ACCURACY = dict(zip(ROWS, (0.75, 0.57, 0.38, 0.62, 0.29, 0.78, 0.65), strict=True))
SAMPLING = {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "max_tokens": 16_384}


def a_run(
    name: str = "gpr_up_7b",
    config: str | None = "gpr_up",
    *,
    base: str | None = BASE,
    model: str | None = None,
    better: float = 0.0,
    benchmarks: Sequence[str] = tuple(ROWS),
    limit: int | None = None,
    samples: Mapping[str, int] | None = None,
    seen: int | None = None,
    seed: int = 0,
    **changes: Any,
) -> Results:
    """Return results of a run.

    Args:
        name: of the run.
        config: that its model was trained on.
        base: the model before training.
        model: its name, the base's by default.
        better: what its accuracies are above the usual.
        benchmarks: that it has.
        limit: of questions.
        samples: answers to each question of a benchmark, 1 by default.
        seen: questions of each benchmark that stand in its training rows; None for not known.
        seed: of what is drawn.
        changes: fields of `PassResult`, of every benchmark's pass.
    """
    found = {
        one: a_benchmark(
            one,
            accuracy=ACCURACY[one] + better,
            asked=min(limit or ROWS[one], ROWS[one]),
            samples=(samples or {}).get(one, 1),
            seen=seen,
            seed=seed,
            **changes,
        )
        for one in ROWS
        if one in benchmarks
    }
    return Results(
        name=name,
        model=Model(
            model or (f"me/{name}" if config else base) or name, "abc123def456", base, config, "long"
        ),
        engine={"name": "vllm", "version": "0.31.0", "batch_invariant": True},
        profile={"name": "chat", "thought": "<think>", "stops": ["</answer>"]},
        seed=seed,
        sources="hub",
        mode="equivalent",
        versions={"crossthink-hub": "0.1.0"},
        git="0123456789abcdef",
        skipped={},
        benchmarks=found,
    )


def a_benchmark(
    name: str, *, accuracy: float, asked: int, samples: int = 1, seen: int | None, seed: int, **changes: Any
) -> BenchmarkResult:
    """Return a benchmark's results in one pass."""
    one = a_pass(name, min(max(accuracy, 0.0), 1.0), asked, samples, seed)
    if seen is not None:
        one = replace(one, modes={mode: _unseen(scores) for mode, scores in one.modes.items()})
    return BenchmarkResult(
        title=TITLES[name],
        category="mr" if name in MATH else "gpr",
        published=ROWS[name],
        kept=ROWS[name],
        asked=asked,
        notes=(),
        repo=f"org/{name}",
        revision="fedcba9876543210",
        row_digest=f"{name}-rows-1234",
        prompt_digest=f"{name}-prompts-1234",
        publishable=name != "gpqa_diamond",
        seen=None
        if seen is None
        else Seen("crossthink, gpr_up", min(seen, asked), {"math": min(seen, asked)}),
        passes={"greedy" if samples == 1 else "sampled": replace(one, **changes)},
    )


def a_pass(name: str, accuracy: float, asked: int, samples: int, seed: int) -> PassResult:
    """Return answers drawn with an accuracy."""
    draw = random.Random(f"{name} {accuracy:.4f} {seed}")
    right = np.random.default_rng(draw.randrange(1 << 32)).binomial(samples, accuracy, asked)
    tally = Tally(map(str, range(asked)), right, [samples] * asked)
    names = SUBCATEGORIES[name]
    part_of = {str(place): names[place % len(names)] for place in range(asked)}
    scores = _scores(tally, part_of, samples, agieval=name == "agieval")
    mean = 1_200.0 if name in MATH else 350.0
    correct = Lengths(max(1, int(right.sum())), 80, 9_000, mean + draw.randrange(100))
    wrong = Lengths(max(1, asked * samples - int(right.sum())), 120, 16_384, 3 * mean + draw.randrange(100))
    strict = replace(scores, score=_less(scores.score, 0.02))
    return PassResult(
        samples=samples,
        sampling=SAMPLING | {"temperature": 0.0 if samples == 1 else 0.6},
        answers=asked * samples,
        missing=0,
        truncated=asked // 50,
        prompt_too_long=0,
        too_long=(),
        filtered=0,
        lengths={"all": correct, "correct": correct, "wrong": wrong},
        modes={"equivalent": scores, "paper": strict, "letter": strict},
    )


def _scores(tally: Tally, part_of: Mapping[str, str], samples: int, *, agieval: bool) -> Scores:
    parts = by_part(tally, part_of)
    both = {"pooled": pooled(parts.values()), "macro": macro(parts.values())}
    counts = {name: Part(len(own), float(own.rates.sum())) for name, own in parts.items()}
    score = both["macro" if agieval else "pooled"]
    return Scores(
        score=score,
        **both,
        english=both if agieval else {},
        each=tuple(score.value + 0.01 * number for number in range(samples)),
        pass_at={str(k): pass_at_k(tally, k) for k in sorted({1, samples})} if samples > 1 else {},
        without_truncated=score,
        without_seen=None,
        format_rate=0.97,
        ungradable=0,
        statuses={"correct": int(tally.right.sum())},
        tasks=counts,
        subcategories=counts,
    )


def _unseen(scores: Scores) -> Scores:
    return replace(scores, without_seen=_less(scores.score, 0.03))


def _less(estimate: Estimate, less: float) -> Estimate:
    value = max(0.0, estimate.value - less)
    return Estimate(value, estimate.error, min(estimate.low, value), estimate.high, estimate.questions)


def base_run(name: str = "base_7b", **changes: Any) -> Results:
    """Return the run of the untrained model."""
    return a_run(name, None, **{"better": -0.1, **changes})


def several(count: int) -> list[Results]:
    """Return so many runs, the base model and only_mr among the first."""
    kinds: list[tuple[str, str | None]] = [
        ("gpr_up_7b", "gpr_up"),
        ("base_7b", None),
        ("only_mr_7b", "only_mr"),
    ]
    kinds += [
        (f"{config}_7b", config) for config in ("nd", "mr_up", "mcq_up", "open_up", "score", "only_gpr")
    ]
    kinds += [(f"own_blend_{number}", f"own_{number}") for number in range(count)]
    return [
        a_run(name, config, better=0.01 * (3 - place), seed=place)
        for place, (name, config) in enumerate(kinds[:count])
    ]
