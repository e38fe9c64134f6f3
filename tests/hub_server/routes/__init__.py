"""Which function answers which request."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from hub_server.replies import Refusal, Reply
from hub_server.routes import accounts, changes, files, lfs, listings, refs, repos

Route = Callable[..., Reply]
REPO = r"(?P<repo>[^/]+/[^/]+?)"
SLASH = "(?:%2[Ff]|/)"
REVISION = rf"(?P<revision>refs{SLASH}(?:convert|pr|heads|tags){SLASH}[^/]+|[^/]+)"
"""Slashes in a revision come encoded; in references of these kinds the Hub also takes them as they are."""
API = f"/api/(?:datasets|models)/{REPO}"
HOME = f"(?:/datasets)?/{REPO}"
"""Of its files and its Git; models have no word in front."""
SHA256 = "(?P<sha256>[0-9a-f]{64})"
ROUTES: tuple[tuple[str, str, Route], ...] = (
    ("GET", "/api/whoami-v2", accounts.whoami),
    ("POST", "/api/validate-yaml", accounts.validate_yaml),
    ("POST", "/api/repos/create", repos.create),
    ("DELETE", "/api/repos/delete", repos.delete),
    ("PUT", f"{API}/settings", repos.settings),
    ("GET", f"{API}/auth-check(?P<write>/write)?", repos.auth_check),
    ("GET", f"{API}", listings.info),
    ("GET", f"{API}/revision/{REVISION}", listings.info),
    ("GET", rf"{API}/tree/{REVISION}(?:/(?P<path>.+))?", listings.tree),
    ("POST", f"{API}/paths-info/{REVISION}", listings.paths_info),
    ("GET", f"{API}/commits/{REVISION}", listings.commits),
    ("GET", f"{API}/refs", refs.refs),
    ("POST", f"{API}/tag/{REVISION}", refs.create_tag),
    ("DELETE", f"{API}/tag/(?P<tag>[^/]+)", refs.delete_tag),
    ("POST", f"{API}/branch/(?P<branch>[^/]+)", refs.create_branch),
    ("DELETE", f"{API}/branch/(?P<branch>[^/]+)", refs.delete_branch),
    ("POST", f"{API}/super-squash/{REVISION}", refs.squash),
    ("POST", f"{API}/preupload/{REVISION}", changes.preupload),
    ("POST", f"{API}/commit/{REVISION}", changes.commit),
    ("GET", rf"{HOME}/resolve/{REVISION}/(?P<path>.+)", files.resolve),
    ("GET", rf"/lfs/{REPO}/{SHA256}/(?P<path>.+)", files.download),
    ("POST", rf"{HOME}\.git/info/lfs/objects/batch", lfs.batch),
    ("POST", rf"{HOME}\.git/info/lfs/objects/verify", lfs.verify),
    ("POST", rf"{HOME}\.git/info/lfs/objects/complete/(?P<upload>[0-9a-f]+)", lfs.complete),
    ("PUT", f"/lfs/{REPO}/{SHA256}", lfs.upload),
    ("PUT", f"/lfs/{REPO}/{SHA256}/(?P<upload>[0-9a-f]+)/(?P<number>[0-9]+)", lfs.upload_part),
)


def find_route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Return what answers a request, and the parts of its path, decoded.

    Args:
        method: of HTTP; `HEAD` is answered as `GET`.
        path: as it came.

    Raises:
        Refusal: nothing does.
    """
    for wanted, pattern, route in ROUTES:
        if wanted == ("GET" if method == "HEAD" else method) and (found := re.fullmatch(pattern, path)):
            named = found.groupdict().items()
            return route, {name: unquote(value) for name, value in named if value is not None}
    if re.match("/api/(models|spaces|datasets)/[^/]+", path):
        raise Refusal(404, "Repository not found", "RepoNotFound")
    raise Refusal(404, "Sorry, we can't find the page you are looking for.")
