"""Schemathesis on Atlassian's documents, cut to what the emulator serves, against a site that has something in it.

Half of the requests are what the documents allow, half break them somewhere; into both, ids, keys and queries that
mean something on the site are mixed, since what is made up from a schema alone rarely gets past the first look-up.
"""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from .openapi import FOLDER, open_document

BASES = {"confluence-v2": "/wiki/api/v2", "confluence-v1": "", "jira-v3": ""}
LEFT_OUT_BY_THE_DOCUMENTS = {
    400: "what cannot be read or is not allowed is refused with 400 everywhere",
    403: "what may not be done is refused with 403 everywhere",
    404: "what is not there or may not be seen is 404 everywhere",
    405: "a path that other methods serve",
    409: "v2 and properties answer 409 to a stale version",
    410: "taken away by Atlassian",
    415: "a body that is not JSON",
}
_SAYS_WHAT_IT_IS = {"type", "$ref", "allOf", "anyOf", "oneOf", "enum", "properties", "items"}
QUERIES = {
    "jql": ["project = PUMP", "summary ~ a order by created", "key in (", "x", "", "status was Done", "cf[1] = 2"],
    "cql": ["type = page", "title ~ One order by created", "space = ", "macro = x and", "", "ancestor = 1", "\u0000"],
}


@dataclass
class Fuzz:
    """A run against one site; `known` maps names of parameters and members to values that mean something there.

    With `one_mode` an operation is asked either what is allowed or what is not, as `seed` decides.
    """

    url: str
    known: dict[str, list[Any]]
    examples: int
    seed: int = 0
    one_mode: bool = False
    known_gaps: dict[tuple[str, int], str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    statuses: dict[tuple[str, int], int] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.auth = ("admin@example.com", "emulator")
        for name, queries in QUERIES.items():
            self.known[name] = queries
        self.known |= {"jqls": self.known["jql"], "queries": self.known["jql"]}

    def run(self, name: str, served: set[str]) -> None:
        """Ask every served operation of a document; what is wrong with the answers is in `faults`."""
        document = open_document(name)
        for label, operation in iter_operations(name, served):
            # Where all that is asked for is a name in the path, any text will do and nothing can be wrong.
            modes = list(GenerationMode) if operation.query or operation.body else [GenerationMode.POSITIVE]
            if self.one_mode:
                modes = [random.Random(f"{self.seed} {label}").choice(modes)]
            for mode in modes:
                self._run_operation(document, label, operation, mode, BASES[name])

    def close(self) -> None:
        self._session.close()

    def _run_operation(self, document: Any, label: str, operation: Any, mode: GenerationMode, base: str) -> None:
        @seed(self.seed)
        @settings(
            max_examples=self.examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode), dice=st.integers(0, 2**32))
        def ask(case: Any, dice: int) -> None:
            self._mix_in(case, random.Random(dice))
            if all(str(value) and not set(str(value)) & set("/\\.") for value in case.path_parameters.values()):
                answer = self._send(case, base)
                self.judge(document, label, answer, mode)

        with suppress(Unsatisfiable):
            ask()

    def _send(self, case: Any, base: str) -> requests.Response:
        if case.operation.method == "put" and "attachment" in case.operation.path:
            case.headers["X-Atlassian-Token"] = "nocheck"
        asked = case.as_transport_kwargs(base_url=self.url + base)
        return self._session.request(**asked, timeout=20, allow_redirects=False)

    def _mix_in(self, case: Any, dice: random.Random) -> None:
        for parameters in (case.path_parameters, case.query):
            for name in parameters:
                if self._values(name) and dice.random() < 0.7:
                    parameters[name] = dice.choice(self._values(name))
        if isinstance(case.body, dict | list):
            case.body = self._mixed(case.body, dice)

    def _mixed(self, value: Any, dice: random.Random, name: str = "") -> Any:
        known = self._values(name)
        if known and not isinstance(value, dict) and dice.random() < 0.6:
            return [dice.choice(known)] if isinstance(value, list) else dice.choice(known)
        if isinstance(value, dict):
            return {key: self._mixed(inner, dice, key) for key, inner in value.items()}
        return [self._mixed(inner, dice) for inner in value] if isinstance(value, list) else value

    def _values(self, name: str) -> list[Any]:
        return self.known.get(name, [])

    def judge(self, document: Any, label: str, answer: requests.Response, mode: GenerationMode) -> None:
        """Hold one answer against the document and the product's shape of a refusal."""
        status, request = answer.status_code, answer.request
        self.statuses[label, status] = self.statuses.get((label, status), 0) + 1
        asked = f"{label} → {status} | {request.method} {request.url} {str(request.body)[:300]}"
        body = _json_of(answer)
        if status >= 500:
            self.faults.append(f"{asked}: {answer.text[:200]}")
        elif status >= 400:
            if str(status) not in document.operations[label]["responses"] and status not in LEFT_OUT_BY_THE_DOCUMENTS:
                self.faults.append(f"{asked}: this status is not documented")
            if not is_refusal(label, status, body):
                self.faults.append(f"{asked}: not the product's refusal: {answer.text[:200]}")
        elif (label, status) not in self.known_gaps and status != 302:
            self.faults += [f"{asked}: {fault}" for fault in document.faults_in(label, status, body)]
            if mode is GenerationMode.NEGATIVE and isinstance(request.body, bytes | str):
                self.accepted.append(asked)


def _json_of(answer: requests.Response) -> Any:
    if not answer.content or "json" not in answer.headers.get("Content-Type", ""):
        return None
    return json.loads(answer.content)


def is_refusal(label: str, status: int, body: Any) -> bool:
    """Whether a body is how this product says no."""
    path = label.split()[1]
    if not isinstance(body, dict):
        return False
    if path.startswith("/wiki/api/v2"):
        return set(body) == {"errors"} and body["errors"][0]["status"] == status
    if path.startswith("/wiki"):
        return body.get("statusCode") == status and isinstance(body.get("message"), str)
    if path.endswith("/issue/bulk") and set(body) == {"issues", "errors"}:
        # When none of several issues could be made, Jira tells of each of them; the document has this as an example.
        return body["issues"] == [] and all(each["status"] == 400 for each in body["errors"])
    return set(body) == {"errorMessages", "errors"} and bool(body["errorMessages"] or body["errors"])


def iter_operations(name: str, served: set[str]) -> Iterator[tuple[str, Any]]:
    """Yield the served operations of a document, those that delete at the end."""
    order = {"delete": 1}
    found = [result.ok() for result in _schema(name, frozenset(served)).get_all_operations()]
    for operation in sorted(found, key=lambda each: (order.get(each.method, 0), each.path, each.method)):
        yield f"{operation.method.upper()} {BASES[name]}{operation.path}", operation


@functools.cache
def _schema(name: str, served: frozenset[str]) -> Any:
    content = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    base = BASES[name]
    content["paths"] = {
        path: kept
        for path, item in content["paths"].items()
        if len(
            kept := {m: each for m, each in item.items() if f"{m.upper()} {base}{path}" in served or m == "parameters"}
        )
        > ("parameters" in kept)
    }
    return schemathesis.openapi.from_dict(_with_simple_values(content))


def _with_simple_values(value: Any) -> Any:
    """Make a document quicker to make requests from: members of any type are simple values, oneOf is anyOf,
    things that hold one another are empty.

    Making up nested ones takes minutes and finds nothing more.
    """
    if isinstance(value, list):
        return [_with_simple_values(element) for element in value]
    if not isinstance(value, dict):
        return value
    if str(value.get("$ref", "")).endswith(("/Content", "/Space", "/GenericLinks", "/UserDetails")):
        return {"type": "object", "maxProperties": 1}
    simple = {name: _with_simple_values(element) for name, element in value.items()}
    if isinstance(simple.get("oneOf"), list):
        simple["anyOf"] = simple.pop("oneOf")
    members = simple.get("properties")
    if isinstance(members, dict):
        for name, schema in members.items():
            if isinstance(schema, dict) and not set(schema) & _SAYS_WHAT_IT_IS:
                members[name] = {"anyOf": [{"type": each} for each in ("string", "integer", "boolean")]}
    return simple
