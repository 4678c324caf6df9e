"""What Atlassian's documents allow, and what breaks them, is asked of every operation; no answer is out of shape.

Bounded runs whose requests are the same every time; `scripts/fuzz-emulator` runs longer and with other seeds.
"""

from __future__ import annotations

import pytest

from atlassian_emulator.server import EmulatorServer

from .fuzz_runs import DOCUMENTS, WALKS, run_fuzz, run_mutants

pytestmark = pytest.mark.documents


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_answer_is_out_of_shape(name):
    with EmulatorServer("acme") as server:
        fuzz = run_fuzz(server, name, examples=2, seed=1, one_mode=True)
    assert fuzz.faults == []
    assert {status < 400 for _, status in fuzz.statuses} == {True, False}, "some requests work, and some do not"


@pytest.mark.parametrize("walk", WALKS)
def test_a_request_broken_anywhere_is_refused_by_the_product(walk):
    client = run_mutants(walk, mutants=3, seed=0)
    assert client.faults == []
    assert client.sent > 200
