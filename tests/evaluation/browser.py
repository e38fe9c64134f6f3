"""A real Chromium without a window, which opens pages from disk and hears of all that goes wrong in them."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
LOCAL = ("file:", "data:")


@dataclass
class Opened:
    """A page in a browser."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings of the console, scripts that failed, and dialogs."""
    asked: list[str] = field(default_factory=list)
    """Addresses that it asked for, other than files and data."""

    def listen(self) -> None:
        self.page.on("console", lambda said: said.type in ("error", "warning") and self.complain(said.text))
        self.page.on("pageerror", lambda error: self.complain(str(error)))
        self.page.on("dialog", lambda dialog: (self.complain(f"dialog {dialog.message}"), dialog.dismiss()))
        self.page.on("request", lambda request: self.note(request.url))
        self.page.on("popup", lambda popup: self.note(f"popup {popup.url}"))

    def note(self, url: str) -> None:
        if not url.startswith(LOCAL):
            self.asked.append(url)

    def complain(self, text: str) -> None:
        self.complaints.append(text)


OpenPage = Callable[..., AbstractContextManager[Opened]]


def chromium_path() -> str:
    """Return where Chromium is; without it the test is skipped, or fails where all must run."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found:
        return found
    message = "no Chromium: `make chromium` installs it on Debian and Ubuntu"
    if os.environ.get("CROSSTHINK_REQUIRE_REAL"):
        pytest.fail(message)
    pytest.skip(message)


# Not for the session: while it runs, nothing else in the process can run an event loop.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    path = chromium_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if is_root else [], timeout=60_000
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> OpenPage:
    """What opens a file at an anchor, and in the end asserts that nothing went wrong and nothing was fetched.

    Further arguments are those of a browser's context: `color_scheme`, `viewport`, `java_script_enabled`.
    """

    @contextmanager
    def open_(path: Path, anchor: str = "", **options: Any) -> Iterator[Opened]:
        with chromium.new_context(**options) as context:
            opened = Opened(context.new_page())
            opened.listen()
            opened.page.goto(path.resolve().as_uri() + anchor)
            yield opened
            assert opened.complaints == []
            assert opened.asked == []

    return open_
