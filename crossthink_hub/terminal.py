"""What the verbs of the command line share: consoles, and how JSON is asked for and printed."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

out = Console()
err = Console(stderr=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON for a script.")]
Folder = Annotated[Path, typer.Option("--dir", help="A built folder.", show_default=True)]


def print_json(value: Any, indent: int | None = 1) -> None:
    """Print a value as JSON, for a script."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=indent))
