"""A text read from left to right."""

import re

from crossthink_hub.grading.formula.lexicon import COMMAND, SPACE
from crossthink_hub.grading.formula.nodes import NotMathError


class Scanner:
    """Goes through a text; `place` is how far it has come."""

    def __init__(self, text: str) -> None:
        self.text, self.place = text, 0

    def skip(self) -> None:
        """Go past white space."""
        self.place = SPACE.match(self.text, self.place).end()  # type: ignore[union-attr]

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Go past what the pattern finds here."""
        found = pattern.match(self.text, self.place)
        if found:
            self.place = found.end()
        return found

    def taken(self, mark: str) -> bool:
        """Go past a mark, if it stands here."""
        self.skip()
        if self.text.startswith(mark, self.place):
            self.place += len(mark)
            return True
        return False

    def need(self, mark: str) -> None:
        """Go past a mark that must stand here."""
        if not self.taken(mark):
            raise NotMathError

    def next(self) -> str:
        """Return the next character that is not white space, or nothing at the end."""
        self.skip()
        return self.text[self.place : self.place + 1]

    def command(self) -> str | None:
        """Return the name of the command that stands here, without going past it."""
        self.skip()
        found = COMMAND.match(self.text, self.place)
        return found[1] if found else None
