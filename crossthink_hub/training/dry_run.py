"""A look at what a recipe would train on: rollouts of the real model, graded, and nothing trained."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, cast

from crossthink_hub.grading.trl import CrossThinkReward
from crossthink_hub.training.bars import hush_bars
from crossthink_hub.training.chat import Chat, load_tokenizer, read_chat
from crossthink_hub.training.dataset import open_rows, within_budget
from crossthink_hub.training.failures import explained
from crossthink_hub.training.recipe import Recipe
from crossthink_hub.training.reward import TrainingReward
from crossthink_hub.training.rollouts import Rollout
from crossthink_hub.training.sampling import sample

if TYPE_CHECKING:
    from crossthink_hub.grading.settings import Mode

PROMPTS = 64


@dataclass(frozen=True)
class DryRun:
    """What came of it.

    Attributes:
        recipe: what was tried.
        prompts: how many.
        rollouts: of all prompts, those of a prompt together.
        metrics: as in `metrics.jsonl`, by name.
        seconds: that sampling took, the loading of the model included.
    """

    recipe: Recipe
    prompts: int
    rollouts: Sequence[Rollout]
    metrics: Mapping[str, float]
    seconds: float

    @property
    def sources(self) -> list[str]:
        """The sources of the prompts, the most frequent first."""
        return [source for source, _ in Counter(one.source for one in self.rollouts).most_common()]


def dry_run(recipe: Recipe, say: Callable[[str], None], prompts: int = PROMPTS) -> DryRun:
    """Sample completions of a recipe's first prompts as training would, and grade them.

    Args:
        recipe: names model, data and how to sample.
        say: is told what goes on.
        prompts: how many at most; each has `num_generations` completions.

    Raises:
        UsageError: recipe, data and model do not go together.
        TrainingError: the memory does not suffice, or the model's output is no number.
    """
    hush_bars()
    dataset = open_rows(recipe).dataset
    tokenizer = load_tokenizer(recipe)
    chat = read_chat(recipe, tokenizer, say)
    rows = within_budget(dataset, tokenizer, recipe, say, prompts)
    columns: dict[str, Any] = {
        name: _repeated(rows[name], recipe) for name in ("id", "solution", "meta_data")
    }
    options = recipe.argument("chat_template_kwargs", {})
    encoded: Any = tokenizer.apply_chat_template(
        rows["prompt"][:], add_generation_prompt=True, tokenize=True, return_dict=True, **options
    )
    say(f"{len(rows)} prompts x {recipe.num_generations} completions of {recipe.model}")
    started = time.monotonic()
    with explained(recipe):
        ids = sample(recipe, tokenizer, chat, encoded["input_ids"])
    seconds = time.monotonic() - started
    reward = _reward(recipe, chat)
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True)
    rollouts = reward.rollouts(cast("list[object]", texts), ids, **columns)
    return DryRun(recipe, len(rows), rollouts, _means(reward.metrics(rollouts)), seconds)


def _repeated(values: Sequence[Any], recipe: Recipe) -> list[Any]:
    return [value for value in values for _ in range(recipe.num_generations)]


def _reward(recipe: Recipe, chat: Chat) -> TrainingReward:
    grader = CrossThinkReward(mode=cast("Mode", recipe.reward_mode), thought=chat.thought)
    return TrainingReward(grader, recipe.num_generations, chat.stops)


def _means(values: Iterator[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, list[float]] = defaultdict(list)
    for name, value in values:
        found[name].append(value)
    return {name: sum(numbers) / len(numbers) for name, numbers in found.items()}


def worst(rollouts: Sequence[Rollout], most: int = 10) -> list[Rollout]:
    """Return rollouts without a reward, of each status in turn, the most frequent status first."""
    by_status: dict[str, list[Rollout]] = defaultdict(list)
    for one in rollouts:
        if not one.reward:
            by_status[one.verdict.status].append(one)
    ranked = sorted(by_status.values(), key=len, reverse=True)
    turns = (one for turn in zip_longest(*map(_spread, ranked)) for one in turn if one is not None)
    return [one for one, _ in zip(turns, range(most), strict=False)]


def _spread(rollouts: Sequence[Rollout]) -> list[Rollout]:
    """Return rollouts so that those of different prompts come first."""
    seen: Counter[str] = Counter()
    turns = []
    for one in rollouts:
        turns.append((seen[one.row_id], one))
        seen[one.row_id] += 1
    return [one for _, one in sorted(turns, key=lambda pair: pair[0])]
