"""What `datasets` makes of the front matter of a card, of any version of `datasets` that is supported."""

from pathlib import Path

from common import RunPython

from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings

PROGRAM = """
import logging, pathlib, re
import datasets

said = []
handler = logging.Handler()
handler.emit = lambda record: said.append(record.getMessage())
logging.getLogger("datasets").addHandler(handler)

text = pathlib.Path("crossthink/README.md").read_text()
(code,) = re.findall(r"```python\\n(from datasets.*?)```", text, re.DOTALL)
exec(code.replace("PATH/TO/THIS/FOLDER", "crossthink"))
streamed = datasets.load_dataset("crossthink", split="train", streaming=True)
before_reading = streamed.features
assert [line["id"] for line in streamed] == blend["id"][:]
builder = datasets.load_dataset_builder("crossthink", "nd")
held = sum(path.stat().st_size for path in pathlib.Path("crossthink/data/nd").iterdir())
assert builder.info.download_size == held
assert not said, said

from crossthink_hub import row  # from here on the name is served by our door

assert before_reading == blend.features == builder.info.features == row.features()
print(len(blend))
"""


def test_the_code_in_the_card_loads_it_streaming_or_not_and_never_stale(
    run_python: RunPython, tmp_path: Path
) -> None:
    for size in (100, 90):
        build(BuildSettings(("nd", "gpr_up"), size=size), "sample", tmp_path / "crossthink")
        assert run_python(PROGRAM, tmp_path).strip() == str(size)
