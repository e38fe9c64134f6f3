"""What the Hub's client raises when a repository is written or read, in plain words."""

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from crossthink_hub.errors import CrossThinkError, HubError, OutputError, UsageError
from crossthink_hub.hub.endpoint import endpoint, first_line

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError

LOG_IN = "Log in (`hf auth login`), or set HF_TOKEN."
CHECK_NETWORK = "Check the network, and HTTPS_PROXY or HF_ENDPOINT if you use one; then run it again."
AGAIN = "Run it again: what has arrived is not sent a second time."
UPLOADING, CLOSED = "Error while uploading", "client has been closed"
"""What the client's uploads in other threads raise: with the reason behind it, or when a connection breaks
under them."""


class MissingError(HubError):
    """A repository, a version or a file is not there."""


@contextmanager
def speaking(repo: str) -> Iterator[None]:
    """Turn what the Hub's client raises into errors that say what to do.

    Raises:
        MissingError: the repository, the version or the file is not there.
        HubError: the token is refused, or the Hub can't be reached or has an error of its own.
        OutputError: a file can't be written here.
    """
    from huggingface_hub import errors

    network: type[Exception] = errors.HTTPError  # type: ignore[attr-defined]  # of httpx or, from 2.0 on, httpx2
    known = (network, OSError, errors.HFValidationError, json.JSONDecodeError)
    try:
        yield
    except (*known, RuntimeError, AttributeError) as error:
        reason = _reason(error)
        if _lost_connection(reason):
            raise HubError(f"the connection to {endpoint()} broke off", where=repo, fix=AGAIN) from reason
        if isinstance(reason, known):
            raise _in_plain_words(reason, repo) from reason
        if reason is error:
            raise
        raise HubError(f"the transfer failed ({first_line(reason)})", where=repo, fix=AGAIN) from reason


def _lost_connection(error: Exception) -> bool:
    """Tell whether the client's one connection was closed by a thread while another was about to use it.

    The other then finds it closed, or nothing in its place.
    """
    if isinstance(error, AttributeError):
        return error.obj is None and error.name in ("request", "stream")
    return isinstance(error, RuntimeError) and CLOSED in str(error)


def _reason(error: Exception) -> Exception:
    """Return why an upload failed, or a file was looked for in the cache alone; any other error as it is."""
    from huggingface_hub.errors import LocalEntryNotFoundError

    wraps = isinstance(error, LocalEntryNotFoundError) or str(error).startswith(UPLOADING)
    return error.__cause__ if wraps and isinstance(error.__cause__, Exception) else error


def _in_plain_words(error: Exception, repo: str) -> CrossThinkError:
    from huggingface_hub import errors

    if isinstance(error, errors.GatedRepoError):
        return HubError(
            "is gated: its owners ask you to accept their terms first",
            where=repo,
            fix=f"Accept them at {endpoint()}/datasets/{repo}, log in (`hf auth login`), and run it again.",
        )
    if isinstance(error, errors.RepositoryNotFoundError | errors.DisabledRepoError):
        return _no_repository(error, repo)
    if isinstance(error, errors.RevisionNotFoundError):
        fix = f"`crossthink versions {repo}` lists them."
        return MissingError("has no such version", where=repo, fix=fix)
    if isinstance(error, errors.EntryNotFoundError) and isinstance(error, errors.HfHubHTTPError):
        return MissingError("has no such file", where=repo)
    if isinstance(error, errors.HfHubHTTPError):
        return _refused(error, repo)
    return _no_answer(error, repo)


def _no_repository(error: Exception, repo: str) -> HubError:
    if "Invalid username or password" in str(error) or "Invalid user token" in str(error):
        return HubError("the Hub does not know your token", where=repo, fix=LOG_IN)
    return MissingError(
        "is not on the Hub, or is private and your token may not read it",
        where=repo,
        fix=f"Check its spelling. {LOG_IN}",
    )


def _refused(error: "HfHubHTTPError", repo: str) -> HubError:
    status = error.response.status_code
    said = f"HTTP {status}" + (f": {first_line(OSError(said))}" if (said := error.server_message) else "")
    if status == 401:
        return HubError(f"the Hub does not know your token ({said})", where=repo, fix=LOG_IN)
    if status == 403:
        fix = "Use a token with write permission, of an account that may write to it (`hf auth login`)."
        return HubError(f"the Hub does not let your token do this ({said})", where=repo, fix=fix)
    if status == 429 or status >= 500:
        return HubError(f"the Hub has an error of its own, or asks to wait ({said})", where=repo, fix=AGAIN)
    return HubError(f"the Hub refuses this ({said})", where=repo)


def _no_answer(error: Exception, repo: str) -> CrossThinkError:
    from huggingface_hub import constants, errors

    if constants.HF_HUB_OFFLINE or isinstance(error, errors.OfflineModeIsEnabled):
        return HubError("HF_HUB_OFFLINE keeps the Hub from being asked", where=repo, fix="Unset it.")
    if isinstance(error, errors.HFValidationError):
        return UsageError("is not the name of a repository", where=repo, fix="Write it as OWNER/NAME.")
    if isinstance(error, errors.LocalTokenNotFoundError):
        return HubError("you are not logged in", where=repo, fix=LOG_IN)
    if isinstance(error, json.JSONDecodeError):
        return HubError("what answered is not the Hub", where=endpoint(), fix=CHECK_NETWORK)
    if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
        return OutputError(
            f"can't be written ({error.strerror or errno.errorcode.get(error.errno)})",
            where=error.filename or constants.HF_HUB_CACHE,
            fix="Check the disk's free space and your permissions, or choose another cache with HF_HOME.",
        )
    return HubError(
        f"the connection to {endpoint()} failed ({first_line(error.__cause__ or error)})",
        where=repo,
        fix=CHECK_NETWORK,
    )
