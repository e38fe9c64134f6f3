"""An engine that asks an OpenAI-compatible endpoint: vLLM, SGLang, llama.cpp, or OpenAI's own."""

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial
from typing import Any

from crossthink_hub.errors import EngineError
from crossthink_hub.evaluation.engines.asking import Asking, Served
from crossthink_hub.evaluation.engines.background import Background
from crossthink_hub.evaluation.engines.chat_template import ChatTemplate
from crossthink_hub.evaluation.engines.endpoint_settings import KEY_VARIABLES, EndpointSettings
from crossthink_hub.evaluation.engines.examining import examined
from crossthink_hub.evaluation.engines.fields import Fields
from crossthink_hub.evaluation.engines.http import Line
from crossthink_hub.evaluation.generation import Generation, Request, Sampling

__all__ = ["KEY_VARIABLES", "Endpoint", "EndpointSettings", "Served"]

GO_ON = "What is finished stands: run the same command again, and it goes on."


class Endpoint:
    """Asks an OpenAI-compatible endpoint for generations, many at a time.

    Args:
        settings: where it is, and how it is asked.
        chat_template: in Jinja; prompts are then rendered here and sent as texts. By default they are sent as
            messages, for the endpoint to render.
        chat_template_kwargs: variables for the chat template, this one or the endpoint's own.
        stop: texts that end an answer; they are part of it, unless the settings are plain.
        stop_token_ids: tokens that end an answer.

    Raises:
        UsageError: the chat template is no Jinja, or OpenAI's own API has no such field and is to be asked.

    Example:
        >>> endpoint = Endpoint(EndpointSettings(url="http://localhost:8000", model="qwen"))
        >>> endpoint.facts()["url"]
        'http://localhost:8000/v1'
        >>> endpoint.close()
    """

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        chat_template: str | None = None,
        chat_template_kwargs: Mapping[str, Any] | None = None,
        stop: Sequence[str] = (),
        stop_token_ids: Sequence[int] = (),
    ) -> None:
        options = dict(chat_template_kwargs or {})
        template = None if chat_template is None else ChatTemplate(chat_template, options)
        fields = Fields(
            settings.model,
            settings.plain,
            template,
            tuple(stop),
            tuple(stop_token_ids),
            {} if template else options,
        )
        self._settings = settings
        self._asking = Asking(settings, fields, Line(settings))
        self._background = Background()
        self._served: Served | None = None

    def examine(self, samplings: Sequence[Sampling] = (Sampling(),)) -> Served:
        """Return what the endpoint tells of itself, after a probe of one token with each sampling.

        Args:
            samplings: that generations will be asked for with.

        Raises:
            UsageError: it does not serve the model, or refuses a field of a sampling.
            EngineError: it can't be reached, is no such endpoint, or refuses the key.
        """
        self._served = self._background.run(examined(self._asking, samplings))
        return self._served

    def facts(self) -> Mapping[str, Any]:
        """Return what is known of the endpoint; `server` and `context` once it was examined."""
        served = self._served
        return {
            "name": "endpoint",
            "url": self._settings.shown,
            "model": self._settings.model,
            "server": served.version if served else None,
            "context": served.context if served else None,
            "concurrency": self._settings.concurrency,
        }

    def generate(self, requests: Iterator[Request]) -> Generator[Generation]:
        """Yield the generation of each request as it is done, in any order.

        Requests are taken as there is room. When this is closed or interrupted, what is under way is
        cancelled, and the endpoint sees its connections close.

        Raises:
            UsageError: a request can't be written down; so can't be any like it.
            EngineError: the endpoint is away, hangs, refuses or talks nonsense; the generations that were
                finished by then are yielded before.
        """
        served = self._served or self.examine()
        done = 0
        work = partial(self._asking.generation, served)
        results = self._background.in_any_order(work, requests, self._settings.concurrency)
        with closing(results):
            try:
                for generation in results:
                    done += 1
                    yield generation
            except EngineError as error:
                raise _told(error, done) from error

    def close(self) -> None:
        """Cancel what is under way, and close the connections."""
        self._background.run(self._asking.line.close())
        self._background.close()


def _told(error: EngineError, done: int) -> EngineError:
    finished = f"{done} generation{'s' * (done != 1)} finished before"
    fix = f"{error.fix}\n{GO_ON}" if error.fix else GO_ON
    return EngineError(f"{error.message}; {finished}", where=error.where, fix=fix)
