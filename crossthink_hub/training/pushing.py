"""A finished model on the Hub: one commit to a model repository, and what can be checked before training."""

import re
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.filesize import decimal

from crossthink_hub.errors import HubError, UsageError
from crossthink_hub.hub.answers import MissingError
from crossthink_hub.hub.endpoint import endpoint
from crossthink_hub.hub.repository import Repository
from crossthink_hub.hub.target import OF_NO_DATA_SET
from crossthink_hub.progress import say
from crossthink_hub.training.checkpoints import RECORD
from crossthink_hub.training.run import RECIPE

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd

TYPE = "model"
CARD = "README.md"
OF_A_MODEL = ("config.json", CARD, RECIPE, RECORD)
"""What a finished model has beside its weights."""
WRITTEN_BY_US = (CARD, RECIPE, RECORD)
LEFT_OUT = ("training_args.bin", "*.part")
"""Pickled arguments, with names of machines and tokens in them, and what is half-written."""
WEIGHTS = ("*.safetensors", "*.safetensors.index.json", "pytorch_model*.bin*")
TOKEN = re.compile(r"\bhf_[A-Za-z0-9]{20,}")
WRITE = "Use a token with write permission, of an account that may write to it (`hf auth login`)."


def check_model_name(name: str) -> None:
    """Say whether a name can be one of a model on the Hub, without asking the Hub.

    Raises:
        UsageError: it can't.

    Example:
        >>> check_model_name("you/gpr_up_7b")
        >>> check_model_name("gpr_up_7b")
        Traceback (most recent call last):
        crossthink_hub.errors.UsageError: gpr_up_7b: is not the name of a repository
        Write it as OWNER/NAME.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # it is public all the same

    try:
        validate_repo_id(name)
        valid = name.count("/") == 1
    except HFValidationError:
        valid = False
    if not valid:
        raise UsageError("is not the name of a repository", where=name, fix="Write it as OWNER/NAME.")


def check_push(name: str) -> None:
    """Say whether a model could be pushed now; nothing is changed on the Hub.

    Of a fine-grained token the Hub does not say whether it may make a repository that is not there yet.

    Args:
        name: `OWNER/NAME`; it need not be there yet.

    Raises:
        UsageError: it is no such name, or another model is there.
        HubError: there is no token, it may not write there, or the Hub can't be reached.
    """
    check_model_name(name)
    _ModelRepository(name).check()


def push_model(folder: Path, name: str, *, private: bool = True) -> str:
    """Upload a finished model in one commit, and return its address.

    Weights of an earlier push are replaced; other files that are there stay.

    Args:
        folder: `final` of a run.
        name: `OWNER/NAME`; it is made if it is not there.
        private: whether only its owner sees it, if it is made.

    Raises:
        UsageError: the folder is no finished model, the name is none, or another model is there.
        HubError: the Hub refuses, or can't be reached.
    """
    if missing := [file for file in OF_A_MODEL if not (folder / file).is_file()]:
        raise UsageError(
            f"is no finished model: it has no {missing[0]}",
            where=folder,
            fix="Give the folder `final` of a run that has ended.",
        )
    check_push(name)
    repo, files = _ModelRepository(name), _files(folder)
    repo.create(private=private)
    say(f"uploading {decimal(sum(path.stat().st_size for path in files.values()))} to {repo.name}")
    repo.replace(files)
    return f"{endpoint()}/{repo.name}"


def _files(folder: Path) -> dict[str, Path]:
    """Return what of a folder is pushed, by its path there."""
    found = {
        path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()
    }
    return {
        name: path
        for name, path in found.items()
        if not name.startswith(".") and not _matches(path.name, LEFT_OUT)
    }


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(path, pattern) for pattern in patterns)


def _addition(path: str, file: Path) -> "CommitOperationAdd":
    """Return a file as a part of a commit; no token goes along that a recipe may have in it."""
    from huggingface_hub import CommitOperationAdd

    if path not in WRITTEN_BY_US:
        return CommitOperationAdd(path, str(file))
    return CommitOperationAdd(path, TOKEN.sub("hf_…", file.read_text("utf-8")).encode())


class _ModelRepository(Repository):
    """A model repository: the Hub is asked with the same patience, and answers in the same words.

    Only what is defined here speaks of models.
    """

    def check(self) -> None:
        """Check that the token's owner may push here."""
        who: dict[str, Any] = self._ask(self._api.whoami)
        try:
            self._ask(self._api.auth_check, self.name, repo_type=TYPE, write=True)
        except MissingError:
            self._check_namespace(who)
        else:
            self._check_ours(self._paths())

    def _check_namespace(self, who: Mapping[str, Any]) -> None:
        """Check that a repository can be made, by what the Hub says of the token's owner."""
        owner = self.name.split("/")[0].casefold()
        roles = {org["name"].casefold(): org.get("roleInOrg") for org in who.get("orgs", ())}
        token = who.get("auth", {}).get("accessToken", {}).get("role")
        if owner != who["name"].casefold() and roles.get(owner, "read") == "read":
            raise HubError(f"{who['name']} may not make a repository of {owner}", where=self.name, fix=WRITE)
        if token == "read":
            raise HubError("your token may only read", where=self.name, fix=WRITE)

    def _check_ours(self, paths: list[str]) -> None:
        others = sorted(path for path in paths if path not in OF_NO_DATA_SET)
        if others and RECORD not in paths:
            raise UsageError(
                f"holds another model ({', '.join(others[:3])})",
                where=self.name,
                fix="Choose another repository; one that is not there yet is made.",
            )

    def _paths(self) -> list[str]:
        """Return the files on main."""
        info = self._ask(self._api.model_info, self.name)
        return [file.rfilename for file in info.siblings or ()]

    def create(self, *, private: bool) -> None:
        """Make the repository, if it is not there."""
        created = self._ask(self._api.create_repo, self.name, repo_type=TYPE, private=private, exist_ok=True)
        self.name = created.repo_id

    def replace(self, files: Mapping[str, Path]) -> None:
        """Make files what the repository holds, in place of any weights that are there, in one commit."""
        from huggingface_hub import CommitOperationDelete

        def commit() -> None:
            additions = [_addition(path, file) for path, file in files.items()]
            gone = [path for path in self._paths() if _matches(path, WEIGHTS) and path not in files]
            self._api.create_commit(
                self.name,
                [*additions, *map(CommitOperationDelete, gone)],
                commit_message="Trained with GRPO by crossthink-hub",
                repo_type=TYPE,
            )

        self._ask(commit)  # anew with each try: an earlier one may have been heard, and its answer lost
