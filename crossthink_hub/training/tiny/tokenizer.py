"""A small tokenizer that loses nothing: bytes, the tags, and the words of the tiny data."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from crossthink_hub.grading.response import CLOSE, OPEN
from crossthink_hub.recipe.templates import templates
from crossthink_hub.training.chat import BOX

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

END_OF_TURN, PAD, START_OF_TURN = "<|im_end|>", "<|endoftext|>", "<|im_start|>"
TAGS = (OPEN, CLOSE, BOX)
BETWEEN = re.compile("|".join(map(re.escape, TAGS)))
LONG = 10
"""Characters that a part of an instruction has to have; shorter ones are mere punctuation."""
CHATML = (
    "{% for turn in messages %}<|im_start|>{{ turn.role }}\n{{ turn.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tiny_tokenizer(texts: Iterable[str], vocabulary: int) -> "PreTrainedTokenizerFast":
    r"""Return a tokenizer of bytes whose merges are learnt from texts, with Qwen's chat template in short.

    Args:
        texts: whose words become tokens, as far as there is room.
        vocabulary: the most tokens; the bytes, the tags and the parts of instructions take 270.

    Example:
        >>> tokenizer = tiny_tokenizer(["What is 1 + 2?"], vocabulary=280)
        >>> ids = tokenizer("<think>né 猫</think>\\boxed{3}<|im_end|>")["input_ids"]
        >>> tokenizer.decode(ids, skip_special_tokens=True)
        '<think>né 猫</think>\\boxed{3}'
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bytes_and_merges = Tokenizer(models.BPE())
    # Each digit by itself: numbers of a few digits are then nothing that has to be learnt by heart.
    bytes_and_merges.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bytes_and_merges.decoder = decoders.ByteLevel()
    special = [PAD, START_OF_TURN, END_OF_TURN]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(TAGS) - len(_instructions()),
        special_tokens=special,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bytes_and_merges.train_from_iterator(texts, trainer)
    # Were the tags special tokens, completions would be decoded without them and never be in the format.
    whole = [AddedToken(text, special=False, normalized=False) for text in (*TAGS, *_instructions())]
    bytes_and_merges.add_tokens(whole)
    make: Any = PreTrainedTokenizerFast  # untyped
    made: PreTrainedTokenizerFast = make(
        tokenizer_object=bytes_and_merges,
        eos_token=END_OF_TURN,
        pad_token=PAD,
        additional_special_tokens=[START_OF_TURN],
        chat_template=CHATML,
        clean_up_tokenization_spaces=False,
        padding_side="left",
    )
    return made


def _instructions() -> list[str]:
    """Return what all prompts have in common, between the tags: as one token each, it takes no time."""
    parts = (part for one in templates().values() for part in BETWEEN.split(one.instruction))
    return list(dict.fromkeys(part for part in parts if len(part) >= LONG))
