"""What the tests of the trainers share: responses that all modes agree on, and a tokenizer without files."""

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

RIGHT = r"<think>a</think>\boxed{42}"
WRONG = r"<think>a</think>\boxed{41}"
NO_THOUGHT = r"\boxed{42}"
UNCLOSED = r"<think>\boxed{42}"
RESPONSES = [RIGHT, WRONG, NO_THOUGHT, UNCLOSED]


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Return a tokenizer of bytes with the special tokens of ChatML."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: place for place, letter in enumerate(letters)}
    bytes_only = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bytes_only.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=bytes_only,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>"],
    )
