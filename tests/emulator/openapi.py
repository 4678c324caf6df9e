"""Atlassian's OpenAPI documents as a judge of answers.

The documents are not part of the project; where they are absent, whoever asks for one is skipped.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
from referencing.jsonschema import DRAFT202012

FOLDER = Path(__file__).parents[3] / "shared" / "openapi"
_BASES = {"confluence-v2": "/wiki/api/v2", "confluence-v1": "", "jira-v3": ""}
# Where the documents are wrong about what may be null: every real history has changes from and to nothing.
MAY_BE_NULL = {"jira-v3": {"ChangeDetails": ("from", "fromString", "to", "toString")}}
_METHODS = ("get", "put", "post", "delete", "patch")


@functools.cache
def open_document(name: str) -> Document:
    """Open "confluence-v1", "confluence-v2" or "jira-v3"; skip the test when it is not there."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        pytest.skip(f"Atlassian's document {name}.json is not at ../shared/openapi; it is not part of the project")
    content = json.loads(path.read_text("utf-8"))
    for schema, members in MAY_BE_NULL.get(name, {}).items():
        for member in members:
            content["components"]["schemas"][schema]["properties"][member]["nullable"] = True
    return Document(content, _BASES[name])


class Document:
    """One OpenAPI 3.0 document; operations are named "GET /wiki/api/v2/pages/{id}", with the base in front."""

    def __init__(self, content: dict[str, Any], base: str) -> None:
        self._content = content = _as_json_schema(content)
        resource = referencing.Resource(self._content, DRAFT202012)
        self._registry = referencing.Registry().with_resource("urn:document", resource)
        self.operations = {
            f"{method.upper()} {base}{path}": {
                **operation,
                "parameters": [*item.get("parameters", ()), *operation.get("parameters", ())],
            }
            for path, item in self._content["paths"].items()
            for method, operation in item.items()
            if method in _METHODS
        }

    @functools.cache  # noqa: B019 - documents live as long as the tests do
    def _validator(self, operation: str, status: str) -> Any:
        answer = self.operations[operation]["responses"].get(status)
        if answer is None:
            return None
        media = answer.get("content", {}).get("application/json")
        schema = _absolute(media["schema"]) if media and media.get("schema") else True
        return jsonschema.Draft202012Validator(schema, registry=self._registry)

    def faults_in(self, operation: str, status: int, body: Any) -> list[str]:
        """Return what is wrong with an answer to an operation; `body` is its JSON, or None without one."""
        if operation not in self.operations:
            return [f"{operation} is not an operation of the document"]
        validator = self._validator(operation, str(status))
        if validator is None:
            return [f"status {status} is not documented"]
        if body is None:
            return [] if validator.schema is True or status >= 400 else ["there is no body"]
        errors = sorted(validator.iter_errors(body), key=lambda error: error.json_path)
        return [f"{error.json_path}: {error.message[:200]}" for error in errors]

    def faults_in_request(self, operation: str, query: dict[str, Any], body: Any) -> list[str]:
        """Return what is wrong with a request that was carried out; `body` is its JSON, or None without one."""
        described = self.operations.get(operation)
        if described is None:
            return []
        parameters = [self._resolved(each) for each in described["parameters"]]
        known = {each["name"]: each.get("schema", {}) for each in parameters if each["in"] == "query"}
        faults = [f"query {name} is not documented" for name in query if name not in known]
        for name, value in query.items():
            faults += self._errors(known.get(name, True), _as_sent(value, self._resolved(known.get(name, {}))), name)
        media = self._resolved(described.get("requestBody", {})).get("content", {}).get("application/json")
        if body is not None and media and media.get("schema"):
            faults += self._errors(media["schema"], body, "body")
        return faults

    def _errors(self, schema: Any, value: Any, where: str) -> list[str]:
        validator = jsonschema.Draft202012Validator(_absolute(schema), registry=self._registry)
        return [f"{where} {error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]

    def _resolved(self, described: Any) -> Any:
        while "$ref" in described:
            found = self._content
            for name in described["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            described = found
        return described


def _as_sent(value: Any, schema: dict[str, Any]) -> Any:
    """Return a value of a query as its type is: numbers and truth travel as text, lists also between commas."""
    kind = schema.get("type")
    if kind == "array":
        values = value if isinstance(value, list) else str(value).split(",")
        return [_as_sent(each, schema.get("items", {})) for each in values]
    text = str(value)
    if kind == "integer" and text.lstrip("-").isdigit():
        return int(text)
    return {"true": True, "false": False}.get(text.lower(), text) if kind == "boolean" else text


def _absolute(schema: Any) -> Any:
    """Point the references of a schema at the whole document."""
    if isinstance(schema, dict):
        return {
            name: f"urn:document{value}" if name == "$ref" and value.startswith("#") else _absolute(value)
            for name, value in schema.items()
        }
    return [_absolute(value) for value in schema] if isinstance(schema, list) else schema


def _as_json_schema(value: Any) -> Any:
    """Convert OpenAPI 3.0's `nullable`, which JSON Schema does not know, and let a value fit several of oneOf.

    Atlassian's alternatives often fit each other, such as a body of one format and one of several.
    """
    if isinstance(value, list):
        return [_as_json_schema(element) for element in value]
    if not isinstance(value, dict):
        return value
    schema = {name: _as_json_schema(element) for name, element in value.items()}
    if isinstance(schema.get("oneOf"), list):
        schema["anyOf"] = schema.pop("oneOf")
    if schema.pop("nullable", None) is not True:
        return schema
    return {"anyOf": [schema, {"type": "null"}]}


@dataclass
class Conformance:
    """A walk over operations: each answer is judged, faults without a known reason are collected.

    `known_gaps` maps (operation, status), and `request_gaps` an operation, to why the emulator or the document is
    right to differ.
    """

    document: Document
    known_gaps: dict[tuple[str, int], str] = field(default_factory=dict)
    request_gaps: dict[str, str] = field(default_factory=dict)
    seen: set[tuple[str, int]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    odd_requests: list[str] = field(default_factory=list)
    requests_judged: int = 0
    answers_judged: int = 0

    def judge_request(self, operation: str, query: dict[str, Any] | None, body: Any) -> None:
        """Hold a request that was carried out against the document; what is odd is in `odd_requests`."""
        self.requests_judged += 1
        if operation in self.request_gaps:
            return
        self.odd_requests += [
            f"{operation}: {fault}" for fault in self.document.faults_in_request(operation, query or {}, body)
        ]

    def judge(self, operation: str, status: int, body: Any) -> None:
        self.seen.add((operation, status))
        if (operation, status) in self.known_gaps or ("*", status) in self.known_gaps:
            return
        self.answers_judged += 1
        self.faults += [
            f"{operation} → {status}: {fault}" for fault in self.document.faults_in(operation, status, body)
        ]

    def unseen(self, operations: Iterable[str], *, failing: bool) -> set[str]:
        """Return the operations that were never seen to succeed or, when `failing`, to refuse."""
        seen = {operation for operation, status in self.seen if (status >= 400) == failing}
        return set(operations) - seen
