"""The chat template of a model, as the reward will see what comes of it: checked before any GPU is busy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from crossthink_hub.errors import UsageError
from crossthink_hub.grading.response import CLOSE, OPEN
from crossthink_hub.grading.settings import Thought

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

BOX = r"\boxed{"
QUESTION, ANSWER = "QUESTION", "ANSWER"


class Speaker(Protocol):
    """What says which model speaks and how: a recipe, or an evaluation.

    Attributes:
        name: of the recipe or run, for errors.
        model: a folder, or a name on the Hub.
        chat_template: a file in Jinja, in place of the model's own.
        thought: where the thought is, as far as it is known.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def model(self) -> str: ...  # noqa: D102

    @property
    def chat_template(self) -> str | None: ...  # noqa: D102

    @property
    def thought(self) -> str: ...  # noqa: D102

    def argument(self, name: str, default: Any = None) -> Any:
        """Return an argument as TRL names it; the default where it is not set."""


@dataclass(frozen=True)
class Chat:
    """How a model speaks.

    Attributes:
        stops: tokens that end a completion: the model's own, the recipe's, and the end of a turn.
        end_of_turn: what the chat template writes after an answer; None if it is no single token.
        thought: where the reward looks for it.
    """

    stops: frozenset[int]
    end_of_turn: int | None
    thought: Thought


def load_tokenizer(recipe: Speaker) -> "PreTrainedTokenizerBase":
    """Return the tokenizer of the recipe's model, with the recipe's chat template if it names one.

    Raises:
        UsageError: there is no such model, or neither has a chat template.
    """
    from transformers import AutoTokenizer

    with named(recipe):
        tokenizer = AutoTokenizer.from_pretrained(
            recipe.model,
            revision=_revision(recipe),
            trust_remote_code=bool(recipe.argument("trust_remote_code", False)),
            padding_side="left",
            truncation_side="left",
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token  # as TRL does
    if recipe.chat_template:
        tokenizer.chat_template = _read_template(Path(recipe.chat_template))
    if not tokenizer.chat_template:
        raise UsageError(
            "has no chat template, and the prompts are messages",
            where=recipe.model,
            fix="Set chat_template to a file with one in Jinja, or train a model whose tokenizer has one.",
        )
    return cast("PreTrainedTokenizerBase", tokenizer)


def _revision(recipe: Speaker) -> str:
    options = recipe.argument("model_init_kwargs", {})
    return cast("str", options.get("revision") or "main")


def _read_template(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't be read ({error})", where=path, fix="Check chat_template.") from error


@contextmanager
def named(recipe: Speaker) -> Iterator[None]:
    """Say which model could not be loaded, and what can be done."""
    try:
        yield
    except (OSError, ValueError) as error:
        said = next(iter(str(error).splitlines()), type(error).__name__)
        raise UsageError(
            f"can't be loaded ({said})",
            where=recipe.model,
            fix="Give a folder with a model and its tokenizer, or a name on the Hub; with a network, "
            f"`hf download {recipe.model}` fetches it once.",
        ) from error


@contextmanager
def templated(recipe: Speaker) -> Iterator[None]:
    """Say of a chat template that it can't be rendered."""
    from jinja2 import TemplateError

    try:
        yield
    except (TemplateError, TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise UsageError(
            f"its chat template can't be rendered ({error or type(error).__name__})",
            where=recipe.model,
            fix="Check chat_template and chat_template_kwargs.",
        ) from error


def read_chat(recipe: Speaker, tokenizer: "PreTrainedTokenizerBase", say: Callable[[str], None]) -> Chat:
    """Return how a model speaks, after a check that what it says reaches the reward.

    Args:
        recipe: with what it sets about stop tokens and the thought.
        tokenizer: with its chat template.
        say: is told what was decided from the template rather than the recipe.

    Raises:
        UsageError: the tokenizer loses the tags, the template closes the thought before it begins, or the
            recipe says that it writes `<think>` and it does not.
    """
    _check_tags(recipe, tokenizer)
    end = _end_of_turn(recipe, tokenizer)
    stops = _stops(recipe, tokenizer)
    if end is not None and end not in stops:
        say(f"{tokenizer.convert_ids_to_tokens(end)} ends a turn and now stops a completion too")
    thought = _thought(recipe, tokenizer)
    if thought != recipe.thought:
        say(f"the chat template writes {OPEN}: graded with thought={thought}")
    return Chat(stops | ({end} if end is not None else set()), end, thought)


def _check_tags(recipe: Speaker, tokenizer: "PreTrainedTokenizerBase") -> None:
    text = f"{OPEN}\nso\n{CLOSE}\n\n{BOX}x}}"
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    seen = tokenizer.decode(ids, skip_special_tokens=True)
    if lost := [tag for tag in (OPEN, CLOSE, BOX) if tag not in seen]:
        raise UsageError(
            f"its tokenizer loses {' and '.join(lost)}: {text!r} comes back as {seen!r}, so no completion "
            "would be in the format",
            where=recipe.model,
            fix='Mark such tokens `"special": false` in the files of the tokenizer, or take another model.',
        )


def _rendered(recipe: Speaker, tokenizer: "PreTrainedTokenizerBase", messages: Any, prompt: bool) -> str:
    options = recipe.argument("chat_template_kwargs", {})
    with templated(recipe):
        text = tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=prompt, **options
        )
    return cast("str", text)


def _end_of_turn(recipe: Speaker, tokenizer: "PreTrainedTokenizerBase") -> int | None:
    turn = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
    rest = _rendered(recipe, tokenizer, turn, prompt=False).rpartition(ANSWER)[2]
    special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
    ids = tokenizer(rest, add_special_tokens=False)["input_ids"]
    return next((token for token in ids if token in special), None)


def _stops(recipe: Speaker, tokenizer: "PreTrainedTokenizerBase") -> frozenset[int]:
    """Return what ends a completion by the model's files and the recipe."""
    from transformers import AutoConfig, GenerationConfig

    revision = _revision(recipe)
    try:
        declared = GenerationConfig.from_pretrained(recipe.model, revision=revision).eos_token_id
    except OSError:  # a model without generation_config.json: transformers then takes its config's
        with named(recipe):
            config = AutoConfig.from_pretrained(recipe.model, revision=revision)
            declared = getattr(config, "eos_token_id", None)
    asked = recipe.argument("generation_kwargs", {}).get("stop_token_ids", [])
    both = [declared] if isinstance(declared, int) else list(declared or [])
    return frozenset(id for id in (*both, *asked, tokenizer.eos_token_id) if id is not None)


def _thought(recipe: Speaker, tokenizer: "PreTrainedTokenizerBase") -> Thought:
    asked = [{"role": "user", "content": QUESTION}]
    start = _rendered(recipe, tokenizer, asked, prompt=True).rpartition(QUESTION)[2]
    opened = start.count(OPEN) > start.count(CLOSE)
    if CLOSE in start and not opened:
        raise UsageError(
            f"its chat template closes the thought before the answer begins: {start!r}",
            where=recipe.model,
            fix="Turn that off with chat_template_kwargs, such as {enable_thinking: true}.",
        )
    if recipe.thought == "opened" and not opened:
        raise UsageError(
            f"thought is opened, and the chat template does not write {OPEN}: {start!r}",
            where=recipe.name,
            fix="Set thought=tagged.",
        )
    return "opened" if opened and recipe.thought == "tagged" else cast("Thought", recipe.thought)
