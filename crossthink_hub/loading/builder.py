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
from crossthink_hub.loading.request import Folder, Request, resolve
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
    folder: Folder | None = None

    def create_config_id(self, config_kwargs: dict[str, Any], custom_features: Any = None) -> str:
        """Return the name that `datasets` caches the config under: it changes whenever the rows may.

        The folder is chosen here, once: the working directory may be another when it is read.
        """
        request = Request(self.name, self.sources, self.seed, self.size, self.oversample, self.allow_missing)
        self.folder = resolve(request, Path(datasets.config.HF_DATASETS_CACHE))
        named = super().create_config_id({}, custom_features)
        return f"{named}-{self.folder.fingerprint}"


class CrossThink(datasets.ArrowBasedBuilder):
    """Every blend of the paper by name."""

    BUILDER_CONFIG_CLASS = CrossThinkConfig
    BUILDER_CONFIGS = [CrossThinkConfig(name=name, version=VERSION) for name in configs()]  # noqa: RUF012
    DEFAULT_CONFIG_NAME = "gpr_up"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A copy, or the next builder of this config would choose our folder.
        self.config: CrossThinkConfig = copy.copy(self.config)

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
            for split, paths in folder.files().items()
        ]

    def _generate_tables(self, files: list[str]) -> Iterator[tuple[tuple[int, int], pa.Table]]:
        for number, path in enumerate(files):
            for batch, rows in enumerate(pq.ParquetFile(path).iter_batches(1000)):
                yield (number, batch), pa.Table.from_batches([rows]).cast(self.info.features.arrow_schema)
