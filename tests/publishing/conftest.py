"""Built folders, a Hub, and the command line; `make test` runs this with huggingface_hub 2.x and with 1.x."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hub_server import READ_TOKEN, STRANGER_TOKEN, TOKEN, Hub, serving
from product import CONFIGS, REPO, MakeFolder, Product, good
from scenes import NEW_BUILD, OLD, OLD_BUILD, Scene, Stage
from warm_product import Warm

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Build a sample once for each choice of settings; the folder is not to be changed."""
    made: dict[tuple[object, ...], Path] = {}

    def built(*configs: str, seed: int = 0, size: int = 200) -> Path:
        key = (configs or CONFIGS, seed, size)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("build") / "crossthink"
            build(BuildSettings(configs or CONFIGS, seed=seed, size=size), "sample", made[key])
        return made[key]

    return built


@pytest.fixture
def folder(builds: Callable[..., Path], tmp_path: Path) -> MakeFolder:
    """Make a built folder of one's own, which a push may change."""

    def made(name: str = "crossthink", *configs: str, seed: int = 0, size: int = 200) -> Path:
        target = tmp_path / name
        shutil.copytree(builds(*configs, seed=seed, size=size), target)
        return target

    return made


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serving(Hub(tmp_path / "hub")) as found:
        yield found


@pytest.fixture
def crossthink(hub: Hub, tmp_path: Path) -> Iterator[Product]:
    """Give the command line; no run ever prints a token or a traceback."""
    product = Product(hub, tmp_path)
    yield product
    said = "".join(product.said)
    assert not any(token in said for token in (TOKEN, READ_TOKEN, STRANGER_TOKEN))
    assert "Traceback" not in said


@pytest.fixture(scope="session")
def stage(builds: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Give what scenes of faults are made from: processes to push in, and a Hub that holds a version."""
    place, new = tmp_path_factory.mktemp("stage"), builds(**NEW_BUILD)
    shutil.copytree(builds(**OLD_BUILD), place / "old")
    with ExitStack() as open_:
        lanes = [open_.enter_context(Warm(new, place / name).running()) for name in ("one", "two")]
        with serving(lanes[0].hub(place / "store")):
            good(lanes[0]("push", REPO, "--dir", place / "old", "--version", OLD))
        yield Stage(lanes, place, place / "old", new, place / "store")


@pytest.fixture
def scene(stage: Stage) -> Iterator[Scene]:
    with stage.scene() as found:
        yield found
