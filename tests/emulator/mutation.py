"""Requests that work, broken in one place each: every kind of odd value at every place of path, query and body.

What the mutants of a request did is taken back before the request itself is sent, so that a walk over all operations
can be run in between.
"""

from __future__ import annotations

import base64
import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from werkzeug.test import Client as InProcess

from atlassian_emulator.jira import Jira
from atlassian_emulator.server import EmulatorServer

from .conftest import Client
from .fuzzing import is_refusal

VALUES: list[Any] = [None, True, 0, -1, 2**70, 1.5, "", "x", "\x00", "٣", "9" * 400, [], {}, [None], {"a": 1}, [[]]]
VALUES.append(json.loads("[" * 900 + "]" * 900))
WORDS = ["", "0", "-1", "x", "9" * 25, "\x00", "é", "1e3", "att9", "٣", "null", "[]", "\udcff", "a b", "%", "REL-1"]
RAW_BODIES = [b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"', b"7", b"[" * 20_000, b'{"a":' * 20_000, b"NaN"]
QUERY = ["limit", "cursor", "sort", "status", "expand", "startAt", "maxResults", "fields", "orderBy", "body-format"]
PEOPLE = ["admin@example.com"] * 4 + ["viewer@example.com", "editor@example.com", ""]


class _TakenBackError(Exception):
    pass


@dataclass
class MutatingClient(Client):
    """Sends mutants of each request before the request; what was wrong with their answers is in `faults`."""

    server: EmulatorServer | None = None
    mutants: int = 3
    dice: random.Random = field(default_factory=lambda: random.Random(0))
    faults: list[str] = field(default_factory=list)
    sent: int = 0

    def ask(self, method: str, path: str, *, json: Any = None, query: dict[str, Any] | None = None, **options: Any):
        if not options.get("fields") and "/_emulator/" not in path:
            self._send_mutants(method, path, query or {}, json)
        return super().ask(method, path, json=json, query=query, **options)

    def _send_mutants(self, method: str, path: str, query: dict[str, Any], body: Any) -> None:
        assert self.server is not None
        site = self.server.site
        try:
            with site.database.transaction():
                for mutant in iter_mutants(self.dice, method, path, query, body, self.mutants):
                    self._judge(mutant)
                raise _TakenBackError
        except _TakenBackError:
            # What these hold in memory may be of the state that was taken back.
            site._parts.pop(Jira, None)
            site.users._read_groups()

    def _judge(self, mutant: Mutant) -> None:
        assert self.server is not None
        email = self.dice.choice(PEOPLE)
        headers = {"Content-Type": "application/json"}
        if email:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{email}:emulator".encode()).decode()
        answer = InProcess(self.server.application).open(
            mutant.path, method=mutant.method, data=mutant.body, headers=headers
        )
        self.sent += 1
        status = answer.status_code
        asked = f"{mutant.method} {mutant.path} {mutant.body[:200]!r} as {email or 'nobody'} → {status}"
        if status >= 500:
            self.faults.append(f"{asked}: {answer.get_data()[:200]!r}")
        elif status >= 400 and not is_refusal(f"{mutant.method} {mutant.path}", status, answer.get_json(silent=True)):
            self.faults.append(f"{asked}: not the product's refusal: {answer.get_data()[:200]!r}")


@dataclass(frozen=True)
class Mutant:
    method: str
    path: str
    body: bytes


def iter_mutants(
    dice: random.Random, method: str, path: str, query: dict[str, Any], body: Any, count: int
) -> Iterator[Mutant]:
    for _ in range(count):
        new_path, new_query, new_body = path, query, _encoded(body)
        kind = dice.choice(["body"] * 4 + ["raw", "query", "path"] if body is not None else ["query", "path"])
        if kind == "body":
            new_body = _encoded(_broken(dice, body))
        elif kind == "raw":
            new_body = dice.choice(RAW_BODIES)
        elif kind == "query":
            new_query = {**query, dice.choice([*query, *query, *QUERY]): dice.choice(WORDS)}
        else:
            new_path = _broken_path(dice, path)
        if dice.random() < 0.3:
            new_path = new_path.replace("/rest/api/3/", "/rest/api/2/", 1)
        asked = urlencode(new_query, doseq=True, errors="surrogateescape")
        yield Mutant(method, f"{new_path}{'&' if '?' in new_path else '?'}{asked}" if asked else new_path, new_body)


def _encoded(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def _broken(dice: random.Random, body: Any) -> Any:
    """Return a copy of a body with one place taken out or changed."""
    body = copy.deepcopy(body)
    places = list(_places(body))
    if not places or dice.random() < 0.05:
        return dice.choice(VALUES)
    holder, name = dice.choice(places)
    if dice.random() < 0.2:
        del holder[name]
    else:
        holder[name] = dice.choice(VALUES)
    return body


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    names = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for name in names:
        yield value, name
        yield from _places(value[name])


def _broken_path(dice: random.Random, path: str) -> str:
    parts = path.split("/")
    # The product and its version stay, so that the refusal is still theirs.
    place = dice.randrange(min(4, len(parts) - 1), len(parts))
    parts[place] = quote(dice.choice(WORDS), safe="", errors="surrogateescape")
    return "/".join(parts)
