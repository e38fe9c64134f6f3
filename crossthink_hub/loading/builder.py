"""The `datasets` builder behind the name `crossthink`: builds a folder, then reads its Parquet."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq

from crossthink_hub import row
from crossthink_hub.loading.request import BUILD_OPTIONS, Folder, Request, resolve
from crossthink_hub.recipe.configs import configs

VERSION = "1.0.0"


@dataclass
class CrossThinkConfig(datasets.BuilderConfig):
    """A config by name, and how to build it; see `crossthink_hub.load`."""

    sources: str | None = None
    seed: int | None = None
    size: int | str | None = None
    oversample: bool | None = None
    allow_missing: bool | None = None
    commercial_only: bool | None = None
    strict: bool | None = None
    folder: Folder | None = None

    def create_config_id(self, config_kwargs: dict[str, Any], custom_features: Any = None) -> str:
        """Return the name that `datasets` caches the config under: it changes whenever the rows may.

        The folder is chosen here, once: the working directory may be another when it is read.
        """
        request = Request(self.name, self.sources, **{name: getattr(self, name) for name in BUILD_OPTIONS})
        self.folder = resolve(request)
        named = super().create_config_id({}, custom_features)
        # A version of datasets can't always read what a later one cached.
        return f"{named}-{self.folder.fingerprint}-datasets{datasets.__version__.partition('.')[0]}"


class CrossThink(datasets.ArrowBasedBuilder):
    """Every blend of the paper by name."""

    BUILDER_CONFIG_CLASS = CrossThinkConfig
    BUILDER_CONFIGS = [CrossThinkConfig(name=name, version=VERSION) for name in configs()]  # noqa: RUF012
    DEFAULT_CONFIG_NAME = "gpr_up"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # datasets 3 writes a lock file beside the package of a builder that is not one of its own.
        self.__module__ = "datasets.packaged_modules"
        super().__init__(*args, **kwargs)
        # A copy, or the next builder of this config would choose our folder.
        self.config: CrossThinkConfig = copy.copy(self.config)
        self._builds = Path(self._cache_dir_root).absolute()

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(
            description="Blends of NEMOTRON-CROSSTHINK (arXiv 2504.13941), rebuilt from upstream sources.",
            features=row.features(),
        )

    def _split_generators(self, _: Any) -> list[datasets.SplitGenerator]:
        folder = self.config.folder
        assert folder is not None, "datasets makes the config id, and so the folder, first"
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"files": paths})
            for split, paths in folder.files(self._builds).items()
        ]

    def _generate_tables(self, files: list[str]) -> Iterator[tuple[tuple[int, int], pa.Table]]:
        for number, path in enumerate(files):
            for batch, rows in enumerate(pq.ParquetFile(path).iter_batches(1000)):
                yield (number, batch), pa.Table.from_batches([rows]).cast(self.info.features.arrow_schema)
