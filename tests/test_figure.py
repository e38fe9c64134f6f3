"""The picture of the blends, checked by its pixels."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from common import RunPython
from PIL import Image

from crossthink_hub.building.figure import COLOURS, MARGIN, PITCH, WIDTH, blends_figure
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.recipe.paper import Blend, blends, source_facts
from crossthink_hub.recipe.quotas import quotas, weights

Pixels = npt.NDArray[np.int64]
SOURCES = list(source_facts())
RGB = {name: np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) for name, colour in COLOURS.items()}
LABEL = 60
"""A segment of so many pixels has its share written in it."""
LONG = "a_blend_of_ones_own_with_a_name_as_long_as_any_config_name_may_be"


def manifest(
    blends: Mapping[str, Blend], present: Sequence[str] = SOURCES, rows: int = 588_645, kind: str = "folder"
) -> dict[str, Any]:
    """Return what a manifest says of configs, as far as the picture shows it."""
    counts = {name: quotas(weights(blend, present), rows) for name, blend in blends.items()}
    return {"kind": kind, "configs": {name: {"rows": rows, "counts": of} for name, of in counts.items()}}


def only(source: str) -> Blend:
    return Blend("one source", weights={source: Fraction(1)})


EIGHT = dict(list(blends().items())[:8])
MANY = {
    **{f"{name}{end}": blend for name, blend in EIGHT.items() for end in ("", "-open", "-short")},
    **{f"only_{source}": only(source) for source in SOURCES[:-3]},
    LONG: blends()["score"],
}
PICTURES = {
    "one config": manifest({"gpr_up": blends()["gpr_up"]}),
    "one row": manifest({"x": only("mmlu")}, rows=1),
    "the paper's eight": manifest(EIGHT),
    "twenty-eight": manifest(MANY, rows=12_345_678),
    "two sources": manifest(EIGHT, ["mmlu", "hendrycks_math"], rows=443, kind="sample"),
    "three sources": manifest(EIGHT, ["syn_qa", "numina_math", "hendrycks_math"], rows=9_999),
    "hardly any of one": manifest(
        {"x": Blend("", weights={"mmlu": Fraction(1, 500), "syn_qa": Fraction(499, 500)})}
    ),
}


def pixels(png: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(np.int64)


def close(image: Pixels, colour: Pixels) -> npt.NDArray[np.bool_]:
    return np.abs(image - colour).max(axis=-1) <= 3


def bars(image: Pixels) -> list[tuple[int, int]]:
    """Return the first and last row of pixels of each bar: those coloured over a third of the width."""
    coloured = sum(close(image, colour) for colour in RGB.values()).sum(axis=1) > WIDTH / 3
    edges = np.flatnonzero(np.diff(np.r_[0, coloured, 0]))
    return [(int(first), int(end) - 1) for first, end in edges.reshape(-1, 2)]


def runs(image: Pixels, bar: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Return the first and last pixel of each colour along the middle of a bar."""
    middle = image[sum(bar) // 2]
    found = {source: np.flatnonzero(close(middle, colour)) for source, colour in RGB.items()}
    return {source: (int(at[0]), int(at[-1])) for source, at in found.items() if len(at)}


def contrast(colour: Pixels, other: Pixels) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""
    levels = []
    for channels in (colour / 255, other / 255):
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        levels.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(levels) / min(levels)


@pytest.fixture(scope="module", params=PICTURES)
def picture(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Pixels]:
    said = PICTURES[request.param]
    return said, pixels(blends_figure(said))


def test_there_are_twenty_eight() -> None:
    assert len(MANY) == 28


def test_segments_stand_where_the_shares_say(picture: tuple[dict[str, Any], Pixels]) -> None:
    said, image = picture
    drawn = bars(image)
    assert len(drawn) == len(said["configs"])
    for entry, bar in zip(said["configs"].values(), drawn, strict=True):
        found = runs(image, bar)
        left, right = min(first for first, _ in found.values()), max(last for _, last in found.values()) + 1
        before = 0
        for source in SOURCES:
            rows = entry["counts"].get(source, 0)
            edges = [left + (right - left) * count / entry["rows"] for count in (before, before + rows)]
            before += rows
            assert (source in found) == (rows > 0)
            if rows:
                first, last = found[source]
                assert abs(first - edges[0]) <= 2, source
                assert abs(last + 1 - edges[1]) <= 2, source


def test_a_share_is_written_in_segments_with_room_for_it_and_only_there(
    picture: tuple[dict[str, Any], Pixels],
) -> None:
    _, image = picture
    for top, bottom in bars(image):
        for source, (first, last) in runs(image, (top, bottom)).items():
            inside = image[top + 1 : bottom, first + 2 : last - 1]
            if last - first >= LABEL:
                assert not close(inside, RGB[source]).all()
            if last - first < LABEL / 2:
                assert close(inside, RGB[source]).all()


def test_nothing_is_cut_off_or_runs_into_a_bar(picture: tuple[dict[str, Any], Pixels]) -> None:
    _, image = picture
    white = (image == 255).all(axis=-1)
    height, width = white.shape
    frame = MARGIN // 2
    inside = np.zeros((height, width), bool)
    inside[frame : height - frame, frame : width - frame] = True
    assert white[~inside].all()
    for top, bottom in bars(image):
        found = runs(image, (top, bottom))
        left, right = min(first for first, _ in found.values()), max(last for _, last in found.values())
        band = white[top : bottom + 1]
        assert band[:, left - 8 : left].all()
        assert band[:, right + 1 : right + 9].all()
        assert not band[:, :left].all(), "no name"
        assert not band[:, right + 9 :].all(), "no number of rows"


def test_the_height_follows_the_number_of_configs() -> None:
    heights = [len(pixels(blends_figure(manifest(dict(list(MANY.items())[:n]))))) for n in (1, 2, 8, 28)]
    assert np.diff(heights).tolist() == [PITCH, 6 * PITCH, 20 * PITCH]
    for (top, bottom), (following, _) in pairwise(bars(pixels(blends_figure(manifest(MANY))))):
        assert following - top == PITCH
        assert following > bottom + 1


def test_the_legend_shows_the_sources_of_the_build_and_no_others(
    picture: tuple[dict[str, Any], Pixels],
) -> None:
    said, image = picture
    legend = image[: bars(image)[0][0]]
    used = {source for entry in said["configs"].values() for source in entry["counts"]}
    assert {source for source, colour in RGB.items() if close(legend, colour).sum() > 400} == used


def test_a_sample_is_called_one() -> None:
    said = manifest(EIGHT)
    folder, sample = (pixels(blends_figure({**said, "kind": kind})) for kind in ("folder", "sample"))
    changed = np.flatnonzero((np.abs(folder - sample) > 64).any(axis=(1, 2)))  # the palettes differ a little
    assert 0 < changed[0] <= changed[-1] < MARGIN * 2, "only the title differs"


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_written_on_a_colour_is_legible(source: str) -> None:
    image = pixels(blends_figure(manifest({"x": only(source)})))
    ((top, bottom),) = bars(image)
    first, last = runs(image, (top, bottom))[source]
    inside = image[top : bottom + 1, first : last + 1].reshape(-1, 3)
    assert max(contrast(colour, RGB[source]) for colour in np.unique(inside, axis=0)) >= 4.5


def test_the_file_is_an_opaque_png_that_names_no_software_and_is_small() -> None:
    png = blends_figure(PICTURES["twenty-eight"])
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    assert image.size[0] == WIDTH
    assert set(image.info) <= {"dpi"}
    assert image.getpixel((0, 0)) == image.getpixel((WIDTH - 1, image.size[1] - 1))
    assert pixels(png)[0, 0].tolist() == [255, 255, 255]
    assert len(png) < 120_000


PROGRAM = """
import hashlib, json, sys
from pathlib import Path
from crossthink_hub.building.figure import blends_figure
print(hashlib.sha256(blends_figure(json.loads(Path("manifest.json").read_text()))).hexdigest())
assert "matplotlib.pyplot" not in sys.modules
"""


def test_a_build_s_picture_has_the_same_bytes_in_every_process_whatever_its_settings(
    run_python: RunPython, tmp_path: Path
) -> None:
    made = build(
        BuildSettings(("gpr_up", "nd"), size=100, allow_missing=True), "sample", tmp_path / "crossthink"
    )
    here = hashlib.sha256(blends_figure(made)).hexdigest()
    settings = tmp_path / "matplotlibrc"
    settings.write_text(
        "font.size: 30\nfigure.facecolor: black\ntext.antialiased: False\ntext.hinting: none\n"
    )
    folder = tmp_path / "crossthink"
    assert run_python(PROGRAM, cwd=folder).strip() == here
    assert run_python(PROGRAM, cwd=folder, MATPLOTLIBRC=str(settings), PYTHONHASHSEED="7").strip() == here


def test_the_settings_of_matplotlib_are_left_as_they_are() -> None:
    import matplotlib

    with matplotlib.rc_context({"font.size": 7}):
        before = dict(matplotlib.rcParams)
        blends_figure(PICTURES["one config"])
        assert dict(matplotlib.rcParams) == before
