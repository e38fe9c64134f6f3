"""A request being answered: what routes are given, and what they ask about rights."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urlsplit

from hub_server.bodies import Body
from hub_server.commits import Commit
from hub_server.records import Record
from hub_server.replies import Refusal
from hub_server.repository import Repo
from hub_server.users import Token

if TYPE_CHECKING:
    from hub_server.hub import Hub

NO_CREDENTIALS = "Invalid username or password."


@dataclass
class Call:
    """One request.

    Attributes:
        hub: that is asked.
        record: of the request.
        target: its path and query as they came.
        headers: of the request.
        body: of the request.
    """

    hub: "Hub"
    record: Record
    target: str
    headers: Mapping[str, str]
    body: Body

    @cached_property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def type(self) -> str:
        """Of the repositories asked about: `dataset`, or `model` where the path says no other word."""
        path = urlsplit(self.target).path
        return "dataset" if path.startswith(("/api/datasets/", "/datasets/")) else "model"

    @property
    def credential(self) -> str:
        """The token that came, or nothing."""
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    @property
    def token(self) -> Token | None:
        """Who asks; None for someone unknown.

        Raises:
            Refusal: nobody has this token.
        """
        if not self.credential:
            return None
        if self.credential not in self.hub.tokens:
            raise Refusal(401, self.hub.bad_token)
        return self.hub.tokens[self.credential]

    def json(self) -> dict[str, Any]:
        """Return the body as an object.

        Raises:
            Refusal: it is none.
        """
        try:
            found = json.loads(self.body.read() or b"{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Refusal(400, "expected an object in JSON")
        return found

    def flag(self, name: str) -> bool:
        """Return whether the query sets a flag."""
        return self.query.get(name, [""])[0].lower() in ("true", "1")

    def number(self, name: str, default: int) -> int:
        """Return a number from the query."""
        found = self.query.get(name, [""])[0]
        return int(found) if found.isdigit() else default

    def with_query(self, **changes: str) -> str:
        """Return the address of this request with other values in its query."""
        query = {**self.query, **{name: [value] for name, value in changes.items()}}
        return f"{self.hub.url}{urlsplit(self.target).path}?{urlencode(query, doseq=True)}"

    def known(self) -> Token:
        """Return who asks.

        Raises:
            Refusal: nobody that is known.
        """
        token = self.token
        if token is None:
            raise Refusal(401, NO_CREDENTIALS)
        return token

    def readable(self, id_: str, type_: str | None = None) -> Repo:
        """Return a repository of which the caller may know; of the type that the path says, if none is given.

        Raises:
            Refusal: there is none, or it is private.
        """
        token, repo = self.token, self.hub.repos.get(id_)
        if repo is not None and repo.type != (type_ or self.type):
            repo = None
        hidden = repo is not None and repo.private and not (token and token.reads(id_.split("/")[0]))
        if repo is None or hidden:
            raise Refusal(404 if token else 401, "Repository not found", "RepoNotFound")
        return repo

    def writable(self, id_: str, type_: str | None = None) -> Repo:
        """Return a repository in which the caller may write.

        Raises:
            Refusal: there is none, or they may not.
        """
        token = self.known()
        repo = self.readable(id_, type_)
        if not token.belongs(id_.split("/")[0]):
            raise Refusal(403, "pass `create_pr=1` as a query parameter to create a Pull Request")
        if token.role != "write":
            raise Refusal(403, "Forbidden: you must use a write token to upload to a repository.")
        return repo

    def check_files(self, repo: Repo) -> None:
        """Check that the caller may have the files of a gated repository; what is in it, anyone may list.

        Raises:
            Refusal: they did not accept its terms.
        """
        token = self.token
        granted = token and (token.user.name in self.hub.granted or token.reads(repo.id.split("/")[0]))
        if repo.gated and not granted:
            message = f"Access to dataset {repo.id} is restricted and you are not in the authorized list."
            raise Refusal(403 if token else 401, message, "GatedRepo")


def commit_at(repo: Repo, revision: str) -> Commit:
    """Return a commit of a repository.

    Raises:
        Refusal: there is none of this name.
    """
    commit = repo.at(revision)
    if commit is None:
        raise Refusal(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    return commit
