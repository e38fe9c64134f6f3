"""Whether label or text decides, where a gold's label and text are of two options."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.folder import first_rows

Place = Callable[[int], int]
DRAW = random.Random(0)
ANSWERS = [DRAW.randrange(4) for _ in range(60)]
OTHERS = [(answer + 1 + DRAW.randrange(3)) % 4 for answer in ANSWERS]


def second(n: int) -> int:
    return 1


def anywhere(n: int) -> int:
    return ANSWERS[n]


def elsewhere(n: int) -> int:
    return OTHERS[n]


def write(folder: Path, rows: int, label: Place, text: Place) -> None:
    """Write so many released questions whose golds have the label of one option and the text of another."""
    lines = []
    for n in range(rows):
        options = [str(4 * n + place) for place in range(4)]
        shown = "\n".join(f"{letter}. {option}" for letter, option in zip("ABCD", options, strict=True))
        gold = f"{'ABCD'[label(n)]}. {options[text(n)]}"
        lines.append(json.dumps({"prompt": f"Question {n}?\n{shown}", "ground_truth": gold}))
    folder.mkdir(parents=True)
    (folder / "rows.jsonl").write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("rows", "label", "text", "labels_decide"),
    [
        pytest.param(
            60, anywhere, second, True, id="texts in one place, labels anywhere: the texts are stale"
        ),
        pytest.param(60, elsewhere, anywhere, False, id="texts anywhere: the labels are stale"),
        pytest.param(
            60, lambda n: 2, second, False, id="both in one place: nothing speaks against the texts"
        ),
        pytest.param(12, anywhere, second, False, id="too few to tell"),
    ],
)
def test_the_text_decides_unless_all_texts_are_of_one_place(
    tmp_path: Path, rows: int, label: Place, text: Place, labels_decide: bool
) -> None:
    write(tmp_path / "mirror/syn_qa", rows, label, text)
    manifest = build(BuildSettings(("syn_qa",)), str(tmp_path / "mirror"), tmp_path / "out")
    source = manifest["sources"]["syn_qa"]
    assert source["labels_decide"] is labels_decide
    assert source["flags"] == {"relabelled": sum(label(n) != text(n) for n in range(rows))}
    for row in first_rows(tmp_path / "out", "syn_qa", "train", rows):
        n = int(row["meta_data"]["question"].split()[1].rstrip("?"))
        place = label(n) if labels_decide else text(n)
        assert row["solution"] == f"({'ABCD'[place]}) {4 * n + place}"


def test_strict_drops_them_whichever_decides(tmp_path: Path) -> None:
    write(tmp_path / "mirror/syn_qa", 60, anywhere, second)
    manifest = build(BuildSettings(("syn_qa",), strict=True), str(tmp_path / "mirror"), tmp_path / "out")
    stale = sum(anywhere(n) != 1 for n in range(60))
    assert manifest["sources"]["syn_qa"]["rows_dropped"] == {"relabelled": stale}
