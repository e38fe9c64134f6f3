"""Which folder `load_dataset("crossthink", …)` reads: one built beside the reader, or one in a cache."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import xxhash
from filelock import FileLock

import crossthink_hub
from crossthink_hub.building.manifest import FILE_NAME
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings, rows_asked
from crossthink_hub.errors import UsageError
from crossthink_hub.folder import config_entry
from crossthink_hub.loading.register import NAME
from crossthink_hub.recipe.paper import recipe_digest
from crossthink_hub.sources import SOURCES
from crossthink_hub.sources.registry import locate
from crossthink_hub.sources.upstream import HUB, LOCK, SAMPLE

BUILDS = "crossthink_builds"
BUILD_OPTIONS = ("seed", "size", "oversample", "allow_missing", "commercial_only", "strict")


@dataclass(frozen=True)
class Request:
    """What is asked for: a config, and how to build it. `None` leaves the choice to the build.

    Attributes:
        config: name of the config.
        sources: `hub`, `sample` or a folder of upstream files; None takes a built `./crossthink` if there
            is one, else the Hub.
        seed: as `BuildSettings` has it, like the rest.
        size: rows of the train split, or `max`.
        oversample: whether rows may be repeated.
        allow_missing: whether sources may be missing.
        commercial_only: whether to leave out the sources that may not be sold.
        strict: whether to drop questions whose gold letter is stale.
    """

    config: str
    sources: str | None = None
    seed: int | None = None
    size: int | str | None = None
    oversample: bool | None = None
    allow_missing: bool | None = None
    commercial_only: bool | None = None
    strict: bool | None = None

    def settings(self) -> BuildSettings:
        """Return the settings to build with.

        Raises:
            UsageError: the config is unknown or a number out of range.
        """
        return BuildSettings(
            (self.config,),
            self.seed or 0,
            rows_asked(self.size),
            bool(self.oversample),
            bool(self.allow_missing),
            bool(self.commercial_only),
            bool(self.strict),
        )


@dataclass(frozen=True)
class Folder:
    """A folder to read, built or to be built.

    Attributes:
        request: what is asked for.
        path: the folder; below the cache if it is not absolute.
        fingerprint: differs whenever the rows may.
        built: whether it is there.
    """

    request: Request
    path: Path
    fingerprint: str
    built: bool

    def files(self, cache: Path) -> dict[str, list[str]]:
        """Return the data files of the config by split, after building the folder if need be.

        Args:
            cache: where builds are kept.

        Raises:
            CrossThinkError: the build fails, or a built folder does not hold the config.
        """
        folder = cache / self.path
        if not self.built:
            self._build(folder)
        entry = config_entry(folder, self.request.config)
        splits = {"train": entry["files"], "test": entry["test"]["files"]}
        return {
            split: [str(folder / file["path"]) for file in files] for split, files in splits.items() if files
        }

    def _build(self, folder: Path) -> None:
        """Build once, whoever else asks for the same at the same time."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock"):
            if not (folder / FILE_NAME).is_file():
                assert self.request.sources is not None, "resolve() chose them"
                lock = LOCK if LOCK.is_file() else folder.parent / LOCK
                build(self.request.settings(), self.request.sources, folder, lock)


def resolve(request: Request) -> Folder:
    """Return the folder that a request reads; nothing is built yet.

    Without `sources` that is the built folder `./crossthink`, if there is one, else one built from the Hub.

    Raises:
        UsageError: the request makes no sense, or asks a built folder for another seed or size.
        SourceError: the folder of sources is not there.
    """
    settings = request.settings()
    local = Path(NAME).absolute()
    if request.sources is None and (local / FILE_NAME).is_file():
        return _local(request, local)
    sources = request.sources or HUB
    if sources not in (HUB, SAMPLE):
        sources = str(Path(sources).absolute())  # the working directory may be another when it is built
    state = (crossthink_hub.__version__, recipe_digest(), replace(settings, workers=1), _state_of(sources))
    fingerprint = xxhash.xxh3_64_hexdigest(repr(state).encode())
    path = Path(BUILDS, f"{request.config}-{fingerprint}")
    return Folder(replace(request, sources=sources), path, fingerprint, built=False)


def _local(request: Request, folder: Path) -> Folder:
    asked = [name for name in BUILD_OPTIONS if getattr(request, name) is not None]
    if asked:
        raise UsageError(
            f"{folder} is built already, so {', '.join(asked)} can't be chosen",
            fix="Give sources= too, to build another.",
        )
    manifest = (folder / FILE_NAME).read_bytes()
    return Folder(request, folder, xxhash.xxh3_64_hexdigest(manifest), built=True)


def _state_of(sources: str) -> Sequence[object]:
    """Return what tells one state of the sources from another.

    Of files name, size and time of change; of the Hub the lock file, if there is one.
    """
    if sources == SAMPLE:
        return SAMPLE
    if sources == HUB:
        return (HUB, LOCK.read_bytes() if LOCK.is_file() else None)
    return [
        (name, file, path.stat().st_size, path.stat().st_mtime_ns)
        for name, found in locate(SOURCES, Path(sources)).items()
        for file, path in found.files.items()
    ]
