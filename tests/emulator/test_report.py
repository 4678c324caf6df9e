"""The table in docs/emulator.md is what the routes say, documents or not."""

from __future__ import annotations

import pytest

from .openapi import open_document
from .report import END, PAGE, START, products, served_row


def test_the_table_counts_what_is_served():
    table = PAGE.read_text("utf-8").partition(START)[2].partition(END)[0]
    missing = [served_row(product) for product in products() if served_row(product) not in table]
    assert missing == [], "the table is old; scripts/emulator-conformance makes a new one"


@pytest.mark.documents
@pytest.mark.parametrize("name", ["confluence-v2", "confluence-v1", "jira-v3"])
def test_what_is_served_is_documented(name):
    operations = open_document(name).operations.keys()
    prefix = {"confluence-v2": "/wiki/api/v2", "confluence-v1": "/wiki/rest/api", "jira-v3": "/rest/api/3"}[name]
    served = set().union(*(product.served for product in products()))
    assert {each for each in served if each.split()[1].startswith(prefix)} - operations == set()
