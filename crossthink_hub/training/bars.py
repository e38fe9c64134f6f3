"""Progress bars of other libraries, which belong on a terminal and not into a log file."""

import sys
from typing import Any


def hush_bars() -> None:
    """Have transformers and datasets draw no bars where standard error is no terminal."""
    import datasets
    from transformers.utils import logging

    if not sys.stderr.isatty():
        transformers: Any = logging
        transformers.disable_progress_bar()
        datasets.disable_progress_bars()
