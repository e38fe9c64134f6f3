"""Completions of a model that is not trained: by vLLM where the recipe has it, else by transformers."""

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from crossthink_hub.errors import UsageError
from crossthink_hub.training.chat import Chat
from crossthink_hub.training.recipe import Recipe

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Tokens = list[int]
VLLM_LOGS = {"VLLM_LOGGING_STREAM": "ext://sys.stderr", "VLLM_LOGGING_LEVEL": "WARNING"}
"""Environment of vLLM: its standard output is ours, and may be JSON."""
AT_ONCE = 128
"""Completions that transformers makes at a time."""


def sample(
    recipe: Recipe, tokenizer: "PreTrainedTokenizerBase", chat: Chat, prompts: Sequence[Tokens]
) -> list[Tokens]:
    """Return `num_generations` completions of each prompt, those of a prompt together, as training samples.

    Args:
        recipe: names the model and how it samples.
        tokenizer: of the model.
        chat: has the stop tokens; a completion that ends has one of them at its end.
        prompts: as tokens.

    Raises:
        UsageError: the recipe has vLLM, and it is not installed.
    """
    by = _vllm if recipe.argument("use_vllm", False) else _transformers
    return by(recipe, tokenizer, chat, prompts)


def _vllm(
    recipe: Recipe, tokenizer: "PreTrainedTokenizerBase", chat: Chat, prompts: Sequence[Tokens]
) -> list[Tokens]:
    for name, value in VLLM_LOGS.items():
        os.environ.setdefault(name, value)
    try:
        from vllm import LLM, SamplingParams
    except ImportError as error:
        raise UsageError(
            "use_vllm is true, and vLLM is not installed",
            where=recipe.name,
            fix="Install it (docs/training.md), or set use_vllm=false.",
        ) from error
    model = LLM(
        recipe.model,
        dtype="bfloat16" if recipe.argument("bf16", False) else "auto",
        max_model_len=recipe.argument("vllm_max_model_length", recipe.context),
        tensor_parallel_size=recipe.argument("vllm_tensor_parallel_size", 1),
        seed=recipe.argument("seed", 42),
    )
    how = SamplingParams(
        n=recipe.num_generations,
        temperature=recipe.argument("temperature", 1.0),
        top_p=recipe.argument("top_p", 1.0),
        top_k=recipe.argument("top_k", 0),
        min_p=recipe.argument("min_p", 0.0),
        repetition_penalty=recipe.argument("repetition_penalty", 1.0),
        max_tokens=recipe.completion_tokens,
        stop_token_ids=sorted(chat.stops),
    )
    found = model.generate([{"prompt_token_ids": prompt} for prompt in prompts], how)
    return [list(one.token_ids) for output in found for one in output.outputs]


def _transformers(
    recipe: Recipe, tokenizer: "PreTrainedTokenizerBase", chat: Chat, prompts: Sequence[Tokens]
) -> list[Tokens]:
    import torch
    from transformers import AutoModelForCausalLM, set_seed

    set_seed(recipe.argument("seed", 42))
    on_gpu = torch.cuda.is_available() and not recipe.argument("use_cpu", False)
    model: Any = AutoModelForCausalLM.from_pretrained(
        recipe.model, dtype=torch.bfloat16 if recipe.argument("bf16", False) else torch.float32
    )
    model = model.to("cuda" if on_gpu else "cpu").eval()
    how = _generation_config(recipe, tokenizer, chat)
    return list(_batches(model, tokenizer, chat, prompts, how))


def _generation_config(recipe: Recipe, tokenizer: "PreTrainedTokenizerBase", chat: Chat) -> Any:
    import transformers

    config: Any = transformers.GenerationConfig
    return config(
        do_sample=True,
        num_return_sequences=recipe.num_generations,
        temperature=recipe.argument("temperature", 1.0),
        top_p=recipe.argument("top_p", 1.0),
        top_k=recipe.argument("top_k", 0),
        min_p=recipe.argument("min_p"),
        repetition_penalty=recipe.argument("repetition_penalty", 1.0),
        max_new_tokens=recipe.completion_tokens,
        eos_token_id=sorted(chat.stops),
        pad_token_id=tokenizer.pad_token_id,
    )


def _batches(
    model: Any, tokenizer: "PreTrainedTokenizerBase", chat: Chat, prompts: Sequence[Tokens], how: Any
) -> Iterator[Tokens]:
    import torch

    size = max(1, AT_ONCE // how.num_return_sequences)
    pad: Callable[..., Any] = tokenizer.pad
    for start in range(0, len(prompts), size):
        inputs = pad(
            {"input_ids": list(prompts[start : start + size])}, padding_side="left", return_tensors="pt"
        ).to(model.device)
        with torch.inference_mode():
            found = model.generate(**inputs, generation_config=how)
        for tokens in found[:, inputs["input_ids"].shape[1] :].tolist():
            yield _ended(tokens, chat)


def _ended(tokens: Tokens, chat: Chat) -> Tokens:
    """Return a completion to its first stop token; what follows is padding."""
    end = next((place for place, token in enumerate(tokens) if token in chat.stops), len(tokens) - 1)
    return tokens[: end + 1]
