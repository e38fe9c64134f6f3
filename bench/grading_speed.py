"""Responses a second on a mix as in training, beside math-verify and TRL; and the time of a training step."""

import argparse
import os
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from time import perf_counter
from typing import Any

from grading_mix import ENDINGS, KINDS, Item, batch
from grading_peers import delimited, math_verify
from math_verify.errors import TimeoutException
from trl.rewards import accuracy_reward

from crossthink_hub.grading import grade_many
from crossthink_hub.grading.settings import Mode

ROLLOUTS = 1_024
CHUNK = 5
PEER = "math-verify"

Answers = list[bool]
Contender = Callable[[Sequence[Item]], Answers]


def ours(made: Sequence[Item], mode: Mode = "equivalent") -> Answers:
    """Return what we accept."""
    verdicts = grade_many(
        [item.response for item in made],
        [item.question.gold for item in made],
        options=[item.question.options or None for item in made],
        mode=mode,
    )
    return [verdict.correct is True for verdict in verdicts]


def trl(made: Sequence[Item]) -> Answers:
    """Return what TRL's accuracy_reward accepts, in this process as in its trainer."""
    completions = [[{"role": "assistant", "content": item.response}] for item in made]
    return [
        reward == 1
        for reward in accuracy_reward(completions, [delimited(item.question.gold) for item in made])
    ]


def math_verify_one(pair: tuple[str, str]) -> bool:
    """Return whether math-verify accepts a response, with the timeouts it has by itself."""
    with suppress(Exception, TimeoutException):
        return math_verify(*pair)
    return False


def math_verify_many(pool: ProcessPoolExecutor, made: Sequence[Item]) -> Answers:
    """Return what math-verify accepts, on all cores."""
    pairs = [(item.response, item.question.gold) for item in made]
    return list(pool.map(math_verify_one, pairs, chunksize=CHUNK))


def contenders(pool: ProcessPoolExecutor) -> dict[str, tuple[Contender, int]]:
    """Return the contenders by name, and how many cores each uses at most."""
    cores = os.cpu_count() or 1
    return {
        "ours": (ours, cores),
        "ours, paper": (partial(ours, mode="paper"), 1),
        PEER: (partial(math_verify_many, pool), cores),
        "TRL": (trl, 1),
    }


def compete(names: Sequence[str], count: int, rounds: int) -> dict[str, dict[str, Any]]:
    """Let the contenders take turns on new responses each round; a small round before is to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in names}
    right: dict[str, list[bool]] = {name: [] for name in names}
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        found = contenders(pool)
        for turn in range(rounds + 1):
            made = batch(count if turn else 60, seed=turn)
            for name in names:
                start = perf_counter()
                answers = found[name][0](made)
                if turn:
                    seconds[name].append(perf_counter() - start)
                    pairs = zip(answers, made, strict=True)
                    right[name] += [answer == item.right for answer, item in pairs if item.right is not None]
        cores = {name: found[name][1] for name in names}
    return {name: _figures(count, seconds[name], right[name], cores[name]) for name in names}


def _figures(count: int, seconds: Sequence[float], right: Sequence[bool], cores: int) -> dict[str, Any]:
    rates = [count / one for one in seconds]
    return {
        "cores": cores,
        "median": statistics.median(rates),
        "min": min(rates),
        "max": max(rates),
        "right": statistics.mean(right),
    }


def step(runs: int) -> list[float]:
    """Return the seconds that the rewards of one training step take, run by run."""
    seconds = []
    for run in range(runs + 1):
        made = [item for item in batch(ROLLOUTS * 2, seed=1_000 + run) if len(item.response) < 5_000][
            :ROLLOUTS
        ]
        start = perf_counter()
        ours(made)
        seconds.append(perf_counter() - start)
    return seconds[1:]


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the rates in Markdown."""
    lines = [
        "| contender | cores | responses/s, median (min-max) | to math-verify | boxed ones judged rightly |",
        "|---|--:|--:|--:|--:|",
    ]
    for name, it in results.items():
        ratio = f"{it['median'] / results[PEER]['median']:.1f}" if PEER in results else ""
        rates = f"{it['median']:,.0f} ({it['min']:,.0f}-{it['max']:,.0f})"
        lines.append(f"| {name} | {it['cores']} | {rates} | {ratio} | {it['right']:.3f} |")
    return "\n".join(lines)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    names = ["ours", "ours, paper", PEER, "TRL"]
    parser.add_argument("--responses", type=int, default=1_000, help="responses each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--steps", type=int, default=15, help="training steps to time")


def main(args: argparse.Namespace) -> dict[str, Any]:
    """Print the tables; return the numbers."""
    shares = ", ".join(f"{name} {share} %" for name, share in (KINDS | ENDINGS).items())
    print(f"{args.responses:,} responses, rounds: {args.rounds}, cores: {os.cpu_count()}; {shares}\n")
    results = compete(args.only, args.responses, args.rounds)
    print(table(results))
    seconds = step(args.steps)
    shown = f"{statistics.median(seconds):.3f} s ({min(seconds):.3f}-{max(seconds):.3f})"
    print(f"\nRewards of {ROLLOUTS:,} rollouts of about 2,000 characters, {args.steps} runs: {shown}")
    return {"contenders": results, "step_s": seconds}
