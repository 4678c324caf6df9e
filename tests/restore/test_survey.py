"""What looking at a site costs, and what it makes of bodies and attachments."""

from __future__ import annotations

import hashlib
from functools import partialmethod
from typing import Any

import pytest

from snapshots.atlassian.macro import attachment_name, is_adf

M1, M2 = "11111111-aaaa-4aaa-8aaa-000000000001", "11111111-aaaa-4aaa-8aaa-000000000002"


def test_requests_are_few_and_counted(move: Any) -> None:
    move.source.add_space("ACME")
    pages = [move.source.add_page("ACME", f"Release {number}", f"macro-{number}") for number in range(4)]
    for number, page in enumerate(pages):
        move.source.take(page, f"macro-{number}")
        move.source.take(page, f"macro-{number}")
    for number in range(6):
        move.source.add_page("ACME", f"Nothing {number}")
    move.carry("ACME")
    before = len(move.destination.server.requests())
    plan = move.plan()
    assert plan.requests_sent == len(move.destination.server.requests()) - before
    # Spaces and pages once; for each of four pages its attachments, their versions, and its own versions.
    assert plan.requests_sent == 2 + 4 * 3
    move.apply(plan)
    assert move.plan().requests_sent == 2, "nothing is missing, so no history is read"


def test_other_spaces_are_scanned_only_while_a_page_is_missing(move: Any) -> None:
    move.source.add_space("ACME")
    page = move.source.add_page("ACME", "Release", M1)
    move.source.take(page, M1)
    move.carry("ACME")
    for key in ("ONE", "TWO", "THREE"):
        move.destination.add_space(key)
    assert move.plan().requests_sent == 2 + 2
    assert move.plan(space_map={"ACME": "ONE"}).requests_sent == 2 + 3 + 2


def test_unreadable_body_is_a_finding_and_no_more(move: Any) -> None:
    move.source.add_space("ACME")
    for title, macro_id in (("Broken", M1), ("Whole", M2)):
        move.source.take(move.source.add_page("ACME", title, macro_id), macro_id)
    ids = move.carry("ACME")
    broken = next(new for new in ids.values() if move.destination.confluence.get_page(new).title == "Broken")
    with move.destination.server.site.database.transaction() as c:
        body = f'<ac:structured-macro ac:name="snapshots" ac:macro-id="{M1}"><p>'
        changed = c.execute(
            "UPDATE content_versions SET body = ? WHERE content_id = ? AND body LIKE '%macro-id%'", (body, int(broken))
        )
        assert changed.rowcount
    plan = move.plan()
    assert {finding.kind for finding in plan.findings} == {"unreadable-body"}
    rules = {page.title: page.rule for page in plan.pages}
    assert rules["Whole"] == "macro id"
    assert rules["Broken"] == "title"


def test_pages_given_as_documents_are_looked_at_alike(move: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    move.source.add_space("ACME")
    page = move.source.add_page("ACME", "Release", M1, M2)
    for macro_id in (M1, M2, M1):
        move.source.take(page, macro_id)
    move.carry("ACME")
    expected = move.plan()
    client = type(move.destination.confluence)
    for name in ("get_page", "iter_pages", "iter_page_versions"):
        method = partialmethod(getattr(client, name), representation="atlas_doc_format")
        monkeypatch.setattr(client, name, method)
    assert is_adf(next(iter(move.destination.confluence.iter_pages(move.destination.spaces["ACME"]))).body)
    assert move.plan().pages == expected.pages
    assert move.plan().totals == expected.totals


def test_payload_tells_a_page_whose_macro_ids_were_made_anew(move: Any) -> None:
    move.source.add_space("ACME")
    page = move.source.add_page("ACME", "Release", M1)
    move.source.take(page, M1)
    ids = move.carry("ACME")
    here = move.destination.confluence.get_page(ids[page.id])
    with move.destination.server.site.database.transaction() as c:
        c.execute("UPDATE content SET title = 'Renamed' WHERE id = ?", (int(here.id),))
        c.execute("UPDATE content_versions SET body = replace(body, ?, ?), title = 'Renamed'", (M1, M2))
    plan = move.plan()
    assert plan.pages[0].rule == "payload"
    assert plan.totals["version"] == {"created": 1}, "the payload is there, under its old name"


def test_download_with_another_digest_is_not_the_payload(move: Any) -> None:
    move.source.add_space("ACME")
    page = move.source.add_page("ACME", "Release", M1)
    taken = move.source.take(page, M1)
    ids = move.carry("ACME")
    with move.destination.server.site.database.transaction() as c:
        c.execute("UPDATE attachment_versions SET comment = ''")
    other = b"x" * taken.payload_bytes
    assert hashlib.sha256(other).hexdigest() != taken.payload_sha256
    move.destination.confluence.put_attachment(ids[page.id], attachment_name(M1), other, "by hand")
    plan, _ = move.restore()
    assert plan.totals["version"] == {"created": 1}
    assert move.destination.history("Release")[0][3] == 1, "the first upload, whose bytes are the payload"
