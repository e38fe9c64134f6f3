"""Who asks, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["read", "write"]
TOKEN = "hf_testtokenthatmustneverbeprinted"
READ_TOKEN = "hf_testreadtokenthatmustneverbeprinted"
STRANGER_TOKEN = "hf_testtokenofastranger"


@dataclass(frozen=True)
class User:
    """Someone with an account.

    Attributes:
        name: also that of a namespace of their own.
        organisations: the namespaces of others in which they have a role.
    """

    name: str
    organisations: Mapping[str, Role] = field(default_factory=dict)


@dataclass(frozen=True)
class Token:
    """What a user shows to be known; it may do less than they may."""

    user: User
    role: Role = "write"

    def reads(self, namespace: str) -> bool:
        """Whether it opens private repositories of a namespace."""
        return namespace == self.user.name or namespace in self.user.organisations

    def belongs(self, namespace: str) -> bool:
        """Whether its user may write in a namespace."""
        return namespace == self.user.name or self.user.organisations.get(namespace) == "write"


YOU = User("you", {"lab": "write"})
STRANGER = User("stranger")


def default_tokens() -> dict[str, Token]:
    return {TOKEN: Token(YOU), READ_TOKEN: Token(YOU, "read"), STRANGER_TOKEN: Token(STRANGER)}
