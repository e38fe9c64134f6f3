"""Conversations as the model sees them: its chat template, its tokens, and what ends an answer."""

import hashlib
import json
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from crossthink_hub.evaluation.preflight import Conversation
from crossthink_hub.evaluation.settings import Evaluation
from crossthink_hub.training.chat import Chat, load_tokenizer, named, read_chat, templated

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

UNLIMITED = 1 << 30
"""Tokenizers without a limit of their own say a number as large as this, or larger."""


@dataclass(frozen=True)
class Asked:
    """An evaluation as `training.chat` asks which model speaks and how."""

    settings: Evaluation

    @property
    def name(self) -> str:
        """The name of the way to prompt."""
        return self.settings.profile

    @property
    def model(self) -> str:
        """A folder, or a name on the Hub."""
        return self.settings.model

    @property
    def chat_template(self) -> str | None:
        """A file in Jinja, in place of the model's own."""
        return self.settings.chat_template

    @property
    def thought(self) -> str:
        """Where the thought is, as far as that is known."""
        return self.settings.thought

    def argument(self, name: str, default: Any = None) -> Any:
        """Return an argument as TRL names it."""
        own = self.settings
        known = {
            "model_init_kwargs": {"revision": own.revision},
            "trust_remote_code": own.trust_remote_code,
            "chat_template_kwargs": dict(own.chat_template_kwargs),
            "generation_kwargs": {"stop_token_ids": list(own.stop_token_ids)},
        }
        return known.get(name, default)


@dataclass(frozen=True)
class LocalPrompter:
    """The prompts of a model whose files are here.

    Attributes:
        tokenizer: of the model, with the chat template.
        asked: which model it is, and how it speaks.
        chat: how the model speaks.
        positions: tokens that the model can look at.
    """

    tokenizer: "PreTrainedTokenizerBase"
    asked: Asked
    chat: Chat
    positions: int

    def tokens(self, messages: Conversation) -> list[int]:
        """Return a conversation as the tokens that the model goes on with."""
        return self._encoded([messages])[0]

    def seen(self, conversations: Sequence[Conversation]) -> tuple[bytes, list[int]]:
        """Return a digest of the tokens of conversations, and how many each has."""
        whole, encoded = hashlib.sha256(), self._encoded(conversations)
        for tokens in encoded:
            whole.update(array("q", [len(tokens), *tokens]).tobytes())
        return whole.digest(), list(map(len, encoded))

    def _encoded(self, conversations: Sequence[Conversation]) -> list[list[int]]:
        with templated(self.asked):
            encoded: Any = self.tokenizer.apply_chat_template(
                [[dict(message) for message in messages] for messages in conversations],
                add_generation_prompt=True,
                tokenize=True,
                return_dict=True,
                **self.asked.settings.chat_template_kwargs,
            )
        return cast("list[list[int]]", encoded["input_ids"])


def local_prompter(settings: Evaluation, say: Callable[[str], None]) -> LocalPrompter:
    """Return what makes the prompts of a model, after a check that its answers can be graded.

    Raises:
        UsageError: the model can't be loaded, has no chat template, or one that answers can't be graded with.
    """
    asked = Asked(settings)
    tokenizer = load_tokenizer(asked)
    chat = read_chat(asked, tokenizer, say)
    return LocalPrompter(tokenizer, asked, chat, _positions(asked))


def _positions(asked: Asked) -> int:
    from transformers import AutoConfig

    own = asked.settings
    with named(asked):
        config = AutoConfig.from_pretrained(
            own.model, revision=own.revision or "main", trust_remote_code=own.trust_remote_code
        )
    return int(getattr(config, "max_position_embeddings", None) or UNLIMITED)


@dataclass(frozen=True)
class RemotePrompts:
    """The prompts of a model behind an endpoint: what it makes of conversations is its own affair.

    Attributes:
        chat_template: that is rendered here, if so.
    """

    chat_template: str | None

    def seen(self, conversations: Sequence[Conversation]) -> tuple[bytes, None]:
        """Return a digest of conversations, and of the chat template if it is ours; the endpoint counts."""
        said = json.dumps(conversations, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
        return hashlib.sha256(said + (self.chat_template or "").encode()).digest(), None
