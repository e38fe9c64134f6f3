"""The tiny model: a Qwen2 that has seen a little of the format, and is far from sure of it."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from crossthink_hub.grading.response import CLOSE, OPEN
from crossthink_hub.training.chat import BOX
from crossthink_hub.training.tiny.data import Shown, warm_up_rows
from crossthink_hub.training.tiny.problems import Problem
from crossthink_hub.training.tiny.settings import TinySettings
from crossthink_hub.training.tiny.tokenizer import END_OF_TURN, tiny_tokenizer

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast, Qwen2ForCausalLM

Tokens = list[int]
RISE = 20
"""Steps until the learning rate is at its height."""
NOT_LEARNT = -100
"""What torch's cross entropy passes over."""


def make_model(folder: Path, settings: TinySettings) -> None:
    """Make tokenizer and model and warm the model up; the same files at every call on a machine.

    Args:
        folder: where they go.
        settings: sizes, and how long the warm-up is.
    """
    import torch

    shown = warm_up_rows(settings)
    tokenizer = tiny_tokenizer(map(_whole_text, shown), settings.vocabulary)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(settings.seed)
        model = new_model(tokenizer, settings)
        warm_up(model, tokenizer, shown, settings)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _whole_text(one: Shown) -> str:
    """Return every word that is needed, so that each becomes a token."""
    turns = " ".join(f"{turn['role']}\n{turn['content']}" for turn in one.row["prompt"])
    return f"{turns}\nassistant\n*{one.problem.thought}* **{one.problem.answer}**"


def new_model(tokenizer: "PreTrainedTokenizerFast", settings: TinySettings) -> "Qwen2ForCausalLM":
    """Return a Qwen2 of random weights for a tokenizer."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    make: Any = Qwen2ForCausalLM  # untyped
    made: Qwen2ForCausalLM = make(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=settings.hidden,
            intermediate_size=3 * settings.hidden,
            num_hidden_layers=settings.layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=settings.positions,
            # The default, .02, is for wide models: at this width attention would take far longer to form.
            initializer_range=0.8 / math.sqrt(settings.hidden),
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    return made


def said(problem: Problem, rng: Random, in_format: float) -> str:
    r"""Return what the warm-up has a model say to a problem: right, and only now and then in the format.

    What stands for the tags and the box is as many tokens, so what is learnt of one holds for the other.

    Example:
        >>> problem = Problem("addition", "1 + 2?", "1 + 2 = 3", "3")
        >>> said(problem, Random(0), in_format=1), said(problem, Random(0), in_format=0)
        ('<think>1 + 2 = 3</think>\\boxed{3}', '*1 + 2 = 3* **3**')
    """
    tagged, boxed = rng.random() < in_format, rng.random() < in_format
    before, between = (OPEN, CLOSE) if tagged else ("*", "*")
    answer = f"{BOX}{problem.answer}}}" if boxed else f" **{problem.answer}**"
    return f"{before}{problem.thought}{between}{answer}"


def warm_up(
    model: Any,
    tokenizer: "PreTrainedTokenizerFast",
    shown: Sequence[Shown],
    settings: TinySettings,
) -> None:
    """Train a model to answer: supervised, on the completions alone."""
    import torch

    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / RISE, 1 - 0.9 * step / settings.steps)
    )
    for batch in _batches(tokenizer, shown, settings):
        _loss(model, *_padded(batch, tokenizer.pad_token_id)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.eval()


def _batches(
    tokenizer: "PreTrainedTokenizerFast", shown: Sequence[Shown], settings: TinySettings
) -> Iterator[list[tuple[Tokens, Tokens]]]:
    """Yield for each step the tokens of prompts and of what is to be said."""
    rng = Random(settings.seed)
    prompts: Any = tokenizer.apply_chat_template(
        [one.row["prompt"] for one in shown], add_generation_prompt=True, tokenize=True, return_dict=True
    )
    for _ in range(settings.steps):
        chosen = rng.sample(range(len(shown)), settings.batch)
        texts = [said(shown[place].problem, rng, settings.in_format) + END_OF_TURN for place in chosen]
        completions: Any = tokenizer(texts)
        yield [
            (prompts["input_ids"][place], tokens)
            for place, tokens in zip(chosen, completions["input_ids"], strict=True)
        ]


def _padded(batch: list[tuple[Tokens, Tokens]], padding: int) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Return tokens and what is to be learnt of them, as long as the longest."""
    import torch

    longest = max(len(prompt) + len(completion) for prompt, completion in batch)
    tokens = torch.full((len(batch), longest), padding)
    learnt = torch.full((len(batch), longest), NOT_LEARNT)
    for row, (prompt, completion) in enumerate(batch):
        end = len(prompt) + len(completion)
        tokens[row, :end] = torch.tensor(prompt + completion)
        learnt[row, len(prompt) : end] = torch.tensor(completion)
    return tokens, learnt


def _loss(model: Any, tokens: Any, learnt: Any) -> Any:
    """Return the loss; the vocabulary is scored only where something is learnt."""
    import torch

    # Padding stands at the end, where no other token looks at it: no mask is needed.
    states = model.model(input_ids=tokens).last_hidden_state[:, :-1]
    wanted = learnt[:, 1:] != NOT_LEARNT
    return torch.nn.functional.cross_entropy(model.lm_head(states[wanted]), learnt[:, 1:][wanted])
