"""What an endpoint is sent: a prompt, every field of the sampling, and what ends an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.engines.chat_template import ChatTemplate
from crossthink_hub.evaluation.generation import Sampling
from crossthink_hub.evaluation.item import Message

NEUTRAL = {"top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
"""The sampling fields that OpenAI's own API has not, and the values that ask for nothing."""


@dataclass(frozen=True)
class Fields:
    """How a request is written down.

    Attributes:
        model: the name it is served under.
        plain: whether only fields of OpenAI's own API are sent.
        template: renders prompts here; None to have the endpoint do so.
        stop: texts that end an answer.
        stop_token_ids: tokens that end an answer.
        template_options: variables for the endpoint's own chat template.

    Raises:
        UsageError: plain, and with what OpenAI's own API has not.
    """

    model: str
    plain: bool = False
    template: ChatTemplate | None = None
    stop: Sequence[str] = ()
    stop_token_ids: Sequence[int] = ()
    template_options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.plain and self.stop_token_ids:
            raise UsageError(
                "OpenAI's own API has no stop_token_ids", fix="Stop at texts, or leave plain out."
            )
        if self.plain and self.template_options:
            raise UsageError(
                "OpenAI's own API has no chat_template_kwargs",
                fix="Give a chat_template of your own, or leave plain out.",
            )

    @property
    def path(self) -> str:
        """Where replies are asked for."""
        return "chat/completions" if self.template is None else "completions"

    def prompt(self, messages: Sequence[Message]) -> Mapping[str, Any]:
        """Return the field with what the model goes on with.

        Raises:
            UsageError: the chat template can't be rendered.
        """
        if self.template is not None:
            return {"prompt": self.template.render(messages)}
        return {"messages": [dict(message) for message in messages]}

    def body(self, prompt: Mapping[str, Any], sampling: Sampling, seed: int) -> dict[str, Any]:
        """Return all that is sent to ask for a reply.

        Raises:
            UsageError: plain, and the sampling needs what OpenAI's own API has not.

        Example:
            >>> body = Fields("gpt", plain=True).body({"messages": []}, Sampling(max_tokens=9), 3)
            >>> body["max_completion_tokens"], body["seed"], "top_k" in body
            (9, 3, False)
        """
        drawn = asdict(sampling)
        sent = {"model": self.model, **prompt, **drawn, "seed": seed, "n": 1, "stream": False}
        if self.stop:
            sent["stop"] = list(self.stop)
        if self.plain:
            return self._plain(sent)
        # Else an answer would lack the text that ends it. Not without such texts: to vLLM it means the text
        # of a token that ends one as well.
        sent["include_stop_str_in_output"] = bool(self.stop)
        sent["stop_token_ids"] = list(self.stop_token_ids)
        if self.template_options:
            sent["chat_template_kwargs"] = dict(self.template_options)
        return sent

    def _plain(self, sent: dict[str, Any]) -> dict[str, Any]:
        for name, neutral in NEUTRAL.items():
            if (value := sent.pop(name)) != neutral:
                raise UsageError(
                    f"{name} is {value}, and OpenAI's own API has no such field",
                    fix=f"Leave it at {neutral}, or leave plain out if the endpoint has it.",
                )
        if self.template is None:  # completions are older, and have kept the older name
            sent["max_completion_tokens"] = sent.pop("max_tokens")
        return sent
