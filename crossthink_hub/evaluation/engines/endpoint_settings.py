"""Where an endpoint is, and how it is asked."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from crossthink_hub.errors import UsageError
from crossthink_hub.hub.endpoint import harmless

KEY_VARIABLES = ("OPENAI_API_KEY", "CROSSTHINK_API_KEY")
"""Where a caller finds the key; named in what is said of a key that is refused."""
VERSIONED = re.compile(r"/v\d+\Z")


@dataclass(frozen=True, kw_only=True)
class EndpointSettings:
    """An OpenAI-compatible endpoint, and how it is asked.

    Attributes:
        url: `http://host:8000/v1`; a missing `/v1` is added.
        model: the name it is served under.
        api_key: sent as a bearer token; never shown.
        concurrency: the most requests under way at a time.
        timeout: the seconds that one reply may take.
        connect_timeout: the seconds that a connection may take.
        patience: the seconds during which a request that meets HTTP 429, HTTP 5xx or no connection is
            repeated, ever more rarely, before it is given up.
        plain: whether only fields of OpenAI's own API are sent. That API refuses top_k, min_p,
            repetition_penalty, stop_token_ids and include_stop_str_in_output, which vLLM and SGLang take;
            and its newer models want max_completion_tokens in place of max_tokens.

    Raises:
        UsageError: a value that can't be.

    Example:
        >>> settings = EndpointSettings(url="http://you:secret@host:8000/", model="qwen")
        >>> settings.shown, settings.root == "http://you:secret@host:8000"
        ('http://host:8000/v1', True)
    """

    url: str = field(repr=False)
    model: str
    api_key: str | None = field(default=None, repr=False)
    concurrency: int = 64
    timeout: float = 1800.0
    connect_timeout: float = 10.0
    patience: float = 300.0
    plain: bool = False

    def __post_init__(self) -> None:
        _check_url(self.url)
        if not self.model:
            raise UsageError("the endpoint's model has no name", fix="Name one that it serves.")
        # Not shown, and checked here: an HTTP library would name a header with a line break in it.
        if self.api_key and not re.fullmatch(r"[!-~]+", self.api_key):
            raise UsageError(
                "the endpoint's key has spaces, line breaks or other characters that no key has",
                fix=f"Set {' or '.join(KEY_VARIABLES)} again.",
            )
        allowed = {
            "concurrency": self.concurrency >= 1,
            "timeout": 0 < self.timeout < math.inf,
            "connect_timeout": 0 < self.connect_timeout < math.inf,
            "patience": 0 <= self.patience < math.inf,
        }
        for name, fits in allowed.items():
            if not fits:
                raise UsageError(f"{name} is {getattr(self, name)}, which can't be")

    @property
    def base(self) -> str:
        """Where the API is, with its version and whatever password was given."""
        url = self.url.rstrip("/")
        return url if VERSIONED.search(url) else f"{url}/v1"

    @property
    def root(self) -> str:
        """Where what is no part of OpenAI's API is: vLLM's `/tokenize` and `/version`."""
        return VERSIONED.sub("", self.base)

    @property
    def shown(self) -> str:
        """Where the API is, without user name and password."""
        return harmless(self.base)

    def headers(self) -> Mapping[str, str]:
        """Return what every request carries."""
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    def without_key(self, text: str) -> str:
        """Return a text of the endpoint as it may be shown: some repeat the key that they refuse."""
        return harmless(text.replace(self.api_key, "…") if self.api_key else text)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that don't close
        fits = False
    if not fits or parts.query or parts.fragment or re.search(r"\s", url):
        raise UsageError(
            f"{harmless(url)!r} is no address of an endpoint", fix="Give one such as http://host:8000/v1."
        )
