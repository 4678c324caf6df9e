"""Routes named by the path templates of Atlassian's OpenAPI documents, and finding one for a request."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import BuildError, Map, RequestRedirect, Rule

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.refusals import refusal_for

_PARAMETER = re.compile(r"{([^}]+)}")


@dataclass(frozen=True, slots=True)
class Route:
    """One operation.

    `template` is the path of the OpenAPI document with its base in front, e.g. /wiki/api/v2/pages/{id};
    a parameter written {rest:path} takes slashes too. `open` routes answer callers without credentials.
    """

    method: str
    template: str
    answer: Callable[[Call], Reply]
    open: bool = False

    @property
    def name(self) -> str:
        """How the request log counts it: "GET /wiki/api/v2/pages/{id}"."""
        return f"{self.method} {self.template}"


@functools.cache
def router_of(routes: tuple[Route, ...]) -> Router:
    """Return the router of these routes. Compiling them takes longer than all else a site does to start."""
    return Router(routes)


class Router:
    """All routes of a site."""

    def __init__(self, routes: Iterable[Route]) -> None:
        rules = [
            Rule(_rule_of(route.template), methods=[route.method], endpoint=route, merge_slashes=False)
            for route in routes
        ]
        self._adapter = Map(rules, strict_slashes=False, merge_slashes=False).bind("site")

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and its path parameters, or refuse with the product's 404 or 405."""
        try:
            route, values = self._adapter.match(path, method)
        except MethodNotAllowed as error:
            refusal = refusal_for(path, 405)
            refusal.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
            raise refusal from error
        except (NotFound, RequestRedirect, BuildError) as error:
            raise refusal_for(path, 404, _unknown_path(path)) from error
        names = {_identifier(name): name for name, _ in _parameters(route.template)}
        return route, {names[identifier]: value for identifier, value in values.items()}


def _parameters(template: str) -> list[tuple[str, str]]:
    """Return (name, converter) of each parameter."""
    found = (text.partition(":") for text in _PARAMETER.findall(template))
    return [(name, converter or "string") for name, _, converter in found]


def _identifier(name: str) -> str:
    # Werkzeug wants identifiers; the documents write {page-id} and {id} in the same place of different paths.
    return name.replace("-", "_")


def _rule_of(template: str) -> str:
    parameters = iter(_parameters(template))

    def rewrite(_: re.Match[str]) -> str:
        name, converter = next(parameters)
        return f"<{converter}:{_identifier(name)}>"

    return _PARAMETER.sub(rewrite, template)


def _unknown_path(path: str) -> str:
    return "" if path.startswith("/wiki/api/v2") else f"null for uri: {path}"
