"""Read a version back as its readers will: its card, and one row of every config."""

import pyarrow as pa

from crossthink_hub import row
from crossthink_hub.building.manifest import Manifest
from crossthink_hub.card.front import read_front_matter
from crossthink_hub.card.metadata import config_problems
from crossthink_hub.errors import HubError
from crossthink_hub.hub.held import README
from crossthink_hub.hub.parquet_at import parquet_at
from crossthink_hub.hub.repository import Repository


def read_back(repo: Repository, tag: str, commit: str, manifest: Manifest) -> None:
    """Check that a version can be read.

    Raises:
        HubError: its tag, its card or a row of a config is not what was published.
    """
    snapshot = repo.snapshot(tag)
    if snapshot.commit != commit:
        raise _wrong(repo, tag, f"it is at {snapshot.commit[:8]}, not at {commit[:8]}")
    metadata = read_front_matter((repo.bytes_of(README, snapshot) or b"").decode(errors="replace"))
    if problems := config_problems(metadata, manifest):
        raise _wrong(repo, tag, f"its card {problems[0]}")
    for name, entry in manifest["configs"].items():
        _check_row(repo, tag, name, entry["files"][0]["path"])


def _check_row(repo: Repository, tag: str, config: str, path: str) -> None:
    try:
        with parquet_at(repo, tag, path) as file:
            first = next(file.iter_batches(1))
    except (pa.ArrowInvalid, StopIteration) as error:
        raise _wrong(repo, tag, f"{config} can't be read ({error})") from error
    if not first.schema.equals(row.SCHEMA):
        raise _wrong(repo, tag, f"the columns of {config} are not those of a published row")


def _wrong(repo: Repository, tag: str, what: str) -> HubError:
    return HubError(
        f"{tag} is published, but read back {what}",
        where=repo.name,
        fix=f"Look at it with `crossthink verify {repo.name}@{tag}`.",
    )
