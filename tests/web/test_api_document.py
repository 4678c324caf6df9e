"""The API tried from its own document: nothing answers 500, nothing answers what the document does not name.

Bounded here; `scripts/fuzz-api` tries for longer.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import httpx
import pytest

from snapshots.access.keys import HEADER

from .calling import new_key

EXAMPLES = int(os.environ.get("SNAPSHOTS_FUZZ_API_EXAMPLES", "3"))


@pytest.fixture(scope="module")
def fuzzed(served: Any) -> tuple[str, str]:
    return served.url, new_key(served.home, "schemathesis")


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(path, method) for path, item in document["paths"].items() for method in item if method != "parameters"]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("sort", ["positive", "negative"])
def test_every_operation_answers_as_the_document_says(fuzzed: tuple[str, str], sort: str) -> None:
    """`positive` sends what the document allows, `negative` what it does not."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, given, settings
    from schemathesis import GenerationMode
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    url, key = fuzzed
    document = httpx.get(f"{url}/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=url)
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_headers_conformance,
        response_schema_conformance,
    ]
    statuses: Counter[int] = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=EXAMPLES < 100,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=GenerationMode(sort)))
        def attempt(case: Any) -> None:
            case.path_parameters = {**(case.path_parameters or {}), "site": "acme"}
            answer = case.call(headers={HEADER: key})
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=checks)

        attempt()
    print(sort, dict(sorted(statuses.items())))
    assert statuses.total() >= len(operations(document)) or sort == "negative"
