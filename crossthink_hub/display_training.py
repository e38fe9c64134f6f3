"""What the command line shows of training."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from crossthink_hub.display import NARROW, NONE
from crossthink_hub.training.assumptions import GB
from crossthink_hub.training.plan import TrainingPlan

if TYPE_CHECKING:
    from crossthink_hub.training.dry_run import DryRun
    from crossthink_hub.training.train import Outcome

LEGEND = (
    "[dim]N parameters, G GPUs, L layers, H hidden, V words, T tokens of a micro-batch, "
    "A activations of a token in a layer[/]"
)


def plan_report(plan: TrainingPlan) -> RenderableType:
    """Return what a run needs, and what does not fit: 80 columns do."""
    recipe = plan.recipe
    head = f"[bold]{escape(recipe.name)}[/]: {escape(recipe.title)}"
    machine = (
        f"{escape(recipe.model)} ({plan.parameters / 1e9:.2f} B parameters) on {plan.gpus} x "
        f"{plan.gpu_memory / GB:.0f} GB, {recipe.sharding}"
    )
    memory = f"Memory of each GPU in the fullest phase, {plan.peak.name}:"
    parts: list[RenderableType] = [head, machine, "", memory, "", _memory_table(plan), LEGEND, ""]
    parts += [*_verdict(plan), "", _run_table(plan)]
    return Group(*parts, "", *_assumed(plan))


def _memory_table(plan: TrainingPlan) -> Table:
    table = Table("what", "GB", "counted as", **NARROW)
    table.columns[1].justify = "right"
    for part in plan.peak.parts:
        table.add_row(part.name, f"{part.bytes / GB:.1f}", part.formula)
    table.add_section()
    table.add_row("together", f"{plan.peak.bytes / GB:.1f}", f"of {plan.gpu_memory / GB:.0f}")
    for phase in plan.phases:
        if phase is not plan.peak:
            table.add_row(f"[dim]{phase.name}[/]", f"[dim]{phase.bytes / GB:.1f}[/]", "[dim]in all[/]")
    return table


def _verdict(plan: TrainingPlan) -> Iterator[str]:
    if plan.fits:
        left = (plan.gpu_memory - plan.peak.bytes) / GB
        yield f"[green]It fits[/], with {left:.1f} GB to spare."
        return
    yield "[red]It does not fit:[/]"
    yield from (f"  {escape(problem)}" for problem in plan.problems)
    if not plan.advice:
        yield "No single change is enough: take a smaller model or larger GPUs."
        return
    yield "Any one of these is enough:"
    yield from (f"  {escape(advice)}" for advice in plan.advice)


def _run_table(plan: TrainingPlan) -> Table:
    table = Table(show_header=False, **NARROW)
    for name, value in _run_rows(plan):
        table.add_row(name, value)
    return table


def _run_rows(plan: TrainingPlan) -> Iterator[tuple[str, str]]:
    recipe, seconds = plan.recipe, plan.seconds
    sequences, batch = recipe.sequences_per_step, plan.batch
    yield (
        "a step",
        f"{recipe.prompts_per_step} prompts x {recipe.num_generations} = {sequences:,} sequences = "
        f"{plan.gpus} x {batch['per_device_train_batch_size']} x {batch['gradient_accumulation_steps']}"
        + (f" x {recipe.updates_per_step} updates" if recipe.updates_per_step > 1 else ""),
    )
    yield "", f"about {plan.tokens_per_step:,} tokens, at most {plan.most_tokens_per_step:,}"
    yield (
        "",
        f"about {seconds.total:.0f} s: generation {seconds.generation:.0f}, training {seconds.training:.0f}, "
        f"weights to vLLM {seconds.weights:.0f}",
    )
    if plan.hours is not None:
        yield (
            "the run",
            f"{plan.steps:,} steps, about {plan.hours:.0f} h: {plan.hours * plan.gpus:,.0f} GPU-hours",
        )
    if plan.kv_sequences is not None:
        yield "KV cache", f"{plan.kv_sequences:,} sequences of full length at once in each copy of vLLM"
    together = (
        "" if plan.checkpoints is None else f", {plan.checkpoints * plan.checkpoint / GB:,.0f} GB for all"
    )
    yield "a checkpoint", f"{plan.checkpoint / GB:.0f} GB with its optimizer{together}"
    if plan.host_memory is not None:
        yield "a node", f"{plan.host_memory / GB:,.0f} GB of main memory while the model is loaded"


def _assumed(plan: TrainingPlan) -> Iterator[str]:
    one = plan.assumed
    yield (
        "[dim]Memory is counted for sequences of full length. Time takes for granted H100s at "
        f"{one.model_flops_utilization:.0%} of {one.peak_tflops:.0f} TFLOP/s and completions of "
        f"{one.mean_completion_tokens:,} tokens: it may be off by half. Formulas: docs/training.md.[/]"
    )


def plan_json(plan: TrainingPlan) -> dict[str, Any]:
    """Return a plan for a script, sizes in bytes."""
    return {
        "recipe": plan.recipe.name,
        "model": plan.recipe.model,
        "parameters": plan.parameters,
        "gpus": plan.gpus,
        "gpu_memory": plan.gpu_memory,
        "sharding": plan.recipe.sharding,
        "fits": plan.fits,
        "problems": list(plan.problems),
        "advice": list(plan.advice),
        "batch": dict(plan.batch),
        "phases": {phase.name: {part.name: part.bytes for part in phase.parts} for phase in plan.phases},
        "kv_sequences": plan.kv_sequences,
        "sequences_per_step": plan.recipe.sequences_per_step,
        "tokens_per_step": plan.tokens_per_step,
        "most_tokens_per_step": plan.most_tokens_per_step,
        "steps": plan.steps,
        "seconds_per_step": asdict(plan.seconds),
        "hours": plan.hours,
        "checkpoint": plan.checkpoint,
        "checkpoints": plan.checkpoints,
        "host_memory": plan.host_memory,
        "assumptions": asdict(plan.assumed),
    }


# What a dry run found.

COLUMNS = {
    "reward": "reward",
    "accuracy": "right",
    "format": "format",
    "truncated": "cut off",
    "zero_variance": "dead",
    "tokens_correct": "tokens\nright",
    "tokens_wrong": "tokens\nwrong",
}
"""Metrics of a source, and how they are called here."""
LENGTHS = ("tokens_correct", "tokens_wrong")


def dry_run_report(found: "DryRun") -> RenderableType:
    """Return the rates of each source, the statuses, and the worst verdicts explained."""
    from crossthink_hub.display_grades import explanations
    from crossthink_hub.grading.records import Record
    from crossthink_hub.training.causes import causes
    from crossthink_hub.training.dry_run import worst

    recipe = found.recipe
    head = (
        f"[bold]{escape(recipe.name)}[/]: {found.prompts} prompts x {recipe.num_generations} completions of "
        f"{escape(recipe.model)} in {found.seconds:.0f} s; nothing was trained"
    )
    dead = "[dim]Dead is a prompt whose completions all have the same reward: it teaches nothing.[/]"
    parts: list[RenderableType] = [head, "", _rates_table(found), dead, "", _shares_table(found.metrics)]
    if not found.metrics.get("all/reward"):
        parts += ["", "[red]Nothing was rewarded.[/] What speaks for what:"]
        parts += [f"  {escape(line)}" for line in causes(found.metrics)]
    shown = worst(found.rollouts)
    if shown:
        parts += ["", f"The {len(shown)} worst, of each status in turn:", ""]
    records = [Record(0, one.row_id, one.completion, one.solution) for one in shown]
    return Group(*parts, explanations(list(zip(records, (one.verdict for one in shown), strict=True))))


def _rates_table(found: "DryRun") -> Table:
    table = Table("source", "prompts", *COLUMNS.values(), **NARROW)
    for column in table.columns[1:]:
        column.justify = "right"
    table.columns[0].no_wrap = True
    sources = [one.source for one in found.rollouts]
    for source in found.sources:
        prompts = sources.count(source) // found.recipe.num_generations
        table.add_row(escape(source), str(prompts), *_cells(found.metrics, source))
    table.add_section()
    table.add_row("all", str(found.prompts), *_cells(found.metrics, "all"))
    return table


def _cells(metrics: Mapping[str, float], group: str) -> Iterator[str]:
    for name in COLUMNS:
        value = metrics.get(f"{group}/{name}")
        yield NONE if value is None else f"{value:,.0f}" if name in LENGTHS else f"{value:.3f}"


def _shares_table(metrics: Mapping[str, float]) -> Table:
    table = Table("status", "share", **NARROW)
    table.columns[1].justify = "right"
    prefix = "all/status/"
    shares = {name.removeprefix(prefix): share for name, share in metrics.items() if name.startswith(prefix)}
    for status, share in sorted(shares.items(), key=lambda pair: -pair[1]):
        if share:
            table.add_row(status, f"{share:.3f}")
    return table


def dry_run_json(found: "DryRun") -> dict[str, Any]:
    """Return a dry run for a script, its metrics named as in `metrics.jsonl`."""
    from crossthink_hub.training.dry_run import worst

    return {
        "recipe": found.recipe.name,
        "model": found.recipe.model,
        "prompts": found.prompts,
        "completions": len(found.rollouts),
        "seconds": round(found.seconds, 3),
        "metrics": dict(found.metrics),
        "worst": [one.as_row(0) for one in worst(found.rollouts)],
    }


# How a run ended.


def outcome_report(outcome: "Outcome") -> RenderableType:
    """Return where the model lies, and what to do next."""
    run = escape(str(outcome.run))
    if outcome.model is None:
        return (
            f"Stopped after step {outcome.step}. The same command with resume_from_checkpoint=latest goes on."
        )
    lines = [
        f"[green]Trained[/] {outcome.step:,} steps: the model is in {escape(str(outcome.model))}",
        f"Curves: crossthink train --curves {run}",
        f"Rollouts, every one with its verdict: {run}/rollouts",
    ]
    if outcome.pushed:
        lines.append(f"On the Hub: {escape(outcome.pushed)}")
    return Group(*lines)


def outcome_json(outcome: "Outcome") -> dict[str, Any]:
    """Return how a run ended, for a script."""
    return {
        "run": str(outcome.run),
        "model": str(outcome.model) if outcome.model else None,
        "step": outcome.step,
        "pushed": outcome.pushed,
    }
