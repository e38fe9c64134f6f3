"""A chat template, rendered here rather than by the endpoint."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crossthink_hub.errors import UsageError
from crossthink_hub.evaluation.item import Message

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

WHERE = "chat template"


class ChatTemplate:
    """A chat template in Jinja, read nearly as Transformers reads those of its tokenizers.

    What only training or the clock needs, `{% generation %}` and `strftime_now`, it has not.

    Tokens that begin or end a text are written as nothing: the endpoint adds them where its model needs them.

    Args:
        text: in Jinja.
        options: variables for it, such as `enable_thinking`.

    Raises:
        UsageError: it is no Jinja.

    Example:
        >>> template = ChatTemplate("{% for turn in messages %}{{ bos_token }}{{ turn.content }}{% endfor %}")
        >>> template.render([{"role": "user", "content": "What is 1 + 2?"}])
        'What is 1 + 2?'
    """

    def __init__(self, text: str, options: Mapping[str, Any] | None = None) -> None:
        from jinja2 import TemplateSyntaxError

        self._options = dict(options or {})
        try:
            self._template = _environment().from_string(text)
        except TemplateSyntaxError as error:
            raise UsageError(f"is no Jinja (line {error.lineno}: {error.message})", where=WHERE) from error

    def render(self, messages: Sequence[Message]) -> str:
        """Return the text that the model goes on with.

        Raises:
            UsageError: the template can't be rendered with them.
        """
        from jinja2 import TemplateError

        try:
            return self._template.render(
                messages=[dict(message) for message in messages],
                add_generation_prompt=True,
                bos_token="",
                eos_token="",
                **self._options,
            )
        except (TemplateError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
            raise UsageError(f"can't be rendered ({error})", where=WHERE) from error


def _environment() -> "ImmutableSandboxedEnvironment":
    from jinja2 import TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
    )
    made.globals["raise_exception"] = raise_exception
    return made
