"""The shape of a model: its parameters, KV cache and activations are counted without loading it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from crossthink_hub.errors import UsageError

BF16 = 2
"""Bytes of a number in bf16."""
CONFIG = "config.json"


@dataclass(frozen=True)
class ModelShape:
    """A decoder as Qwen2, Llama and Mistral are built, in the words of their config.json."""

    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    intermediate_size: int
    vocab_size: int
    tie_word_embeddings: bool = False
    attention_bias: bool = False
    head_dim: int | None = None

    @property
    def head_size(self) -> int:
        """The width of an attention head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads

    @property
    def query_width(self) -> int:
        """The width of all queries."""
        return self.num_attention_heads * self.head_size

    @property
    def key_width(self) -> int:
        """The width of all keys, and of all values."""
        return self.num_key_value_heads * self.head_size

    @property
    def layer_parameters(self) -> int:
        """How many parameters a layer has: attention, MLP of three matrices, two norms."""
        wide = self.query_width + 2 * self.key_width
        attention = self.hidden_size * (wide + self.query_width) + (wide if self.attention_bias else 0)
        return attention + 3 * self.hidden_size * self.intermediate_size + 2 * self.hidden_size

    @property
    def embedding_parameters(self) -> int:
        """How many parameters the embedding has, and so has the LM head."""
        return self.vocab_size * self.hidden_size

    @property
    def parameters(self) -> int:
        """How many parameters the model has.

        Example:
            >>> model_shape("Qwen/Qwen2.5-7B").parameters
            7615616512
        """
        ends = self.embedding_parameters * (1 if self.tie_word_embeddings else 2)
        return self.num_hidden_layers * self.layer_parameters + ends + self.hidden_size

    @property
    def kv_bytes(self) -> int:
        """How many bytes a token takes in the KV cache, in bf16.

        Example:
            >>> model_shape("Qwen/Qwen2.5-7B").kv_bytes
            57344
        """
        return 2 * self.num_hidden_layers * self.key_width * BF16

    @property
    def layer_activations(self) -> int:
        """How many bf16 numbers a token leaves in a layer until its backward is done.

        Two norms and the residual in between (4 hidden), query, key, value, the attention's output, and of
        the MLP gate, up, activation and their product.
        """
        attention = 2 * self.query_width + 2 * self.key_width
        return 4 * self.hidden_size + attention + 4 * self.intermediate_size


@cache
def known_shapes() -> Mapping[str, ModelShape]:
    """Return the shapes of `model_shapes.yaml`."""
    text = resources.files("crossthink_hub.training").joinpath("model_shapes.yaml").read_text("utf-8")
    return {name: ModelShape(**entry) for name, entry in yaml.safe_load(text).items()}


def model_shape(model: str) -> ModelShape:
    """Return the shape of a model: one of `model_shapes.yaml`, or that of a folder with a config.json.

    Raises:
        UsageError: it is neither, or the config.json is of another kind of model.

    Example:
        >>> model_shape("Qwen/Qwen2.5-32B").num_hidden_layers
        64
    """
    if model in known_shapes():
        return known_shapes()[model]
    path = Path(model)
    file = path / CONFIG if path.is_dir() else path
    if not (file.name == CONFIG and file.is_file()):
        raise UsageError(
            f"the shape of {model} is not known",
            fix=f"Known are {', '.join(known_shapes())}. For another, set model to a folder with {CONFIG}.",
        )
    return _from_config(file)


def _from_config(file: Path) -> ModelShape:
    try:
        config: Any = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"can't be read as JSON ({error})", where=file) from error
    values = {one.name: config[one.name] for one in fields(ModelShape) if config.get(one.name) is not None}
    if config.get("model_type") == "qwen2":
        values["attention_bias"] = True
    values.setdefault("num_key_value_heads", values.get("num_attention_heads"))
    required = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "vocab_size")
    missing = [key for key in required if not isinstance(values.get(key), int)]
    if missing:
        raise UsageError(f"lacks {', '.join(missing)}, which a plan counts with", where=file)
    return ModelShape(**values)
