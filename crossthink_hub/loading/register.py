"""Make `datasets` know the name `crossthink`.

`datasets` has no entry points for builders. Its table of packaged modules takes a name; the one
method that would then look for data files in the working directory is stood in for, for our name only.
"""

from types import ModuleType

import wrapt

from crossthink_hub.errors import UsageError

NAME = "crossthink"
MODULE = "crossthink_hub.loading.builder"


def register_when_imported() -> None:
    """Register the name as soon as `datasets` is imported, now if it is already."""
    wrapt.register_post_import_hook(register, "datasets")


def register(datasets: ModuleType) -> None:
    """Add our name to the packaged modules of `datasets`."""
    from datasets import load, packaged_modules

    if NAME in packaged_modules._PACKAGED_DATASETS_MODULES:
        return
    packaged_modules._PACKAGED_DATASETS_MODULES[NAME] = (MODULE, "")
    original = load.PackagedDatasetModuleFactory.get_module

    def get_module(self: load.PackagedDatasetModuleFactory) -> load.DatasetModule:
        return _module(self) if self.name == NAME else original(self)

    load.PackagedDatasetModuleFactory.get_module = get_module


def _module(factory: object) -> object:
    from datasets.data_files import DataFilesDict
    from datasets.load import DatasetModule

    import crossthink_hub
    from crossthink_hub.recipe.paper import recipe_digest

    for option in ("data_files", "data_dir"):
        if getattr(factory, option):
            raise UsageError(f"crossthink takes no {option}=", fix="Give sources= instead.")
    version = f"{crossthink_hub.__version__}-{recipe_digest()}"
    return DatasetModule(MODULE, version, {"data_files": DataFilesDict(), "dataset_name": NAME})
