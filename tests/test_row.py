"""The published row is one thing in three languages: Arrow, `datasets` and JSON Schema."""

from pathlib import Path

from jsonschema import Draft202012Validator

from crossthink_hub import row
from crossthink_hub.building.run import build
from crossthink_hub.building.settings import BuildSettings
from crossthink_hub.folder import first_rows


def test_features_are_the_arrow_schema() -> None:
    assert row.features().arrow_schema.equals(row.SCHEMA)


def test_json_schema_accepts_built_rows_and_refuses_others(tmp_path: Path) -> None:
    build(BuildSettings(("gpr_up",), size=50), "sample", tmp_path / "out")
    validator = Draft202012Validator(row.json_schema())
    rows = first_rows(tmp_path / "out", "gpr_up", "train", 50)
    assert len(rows) == 50
    assert all(validator.is_valid(entry) for entry in rows)
    assert not validator.is_valid({**rows[0], "solution": 4})
    assert not validator.is_valid({key: value for key, value in rows[0].items() if key != "prompt"})
