"""The Confluence client: what it asks word for word, and how it reads answers that are hard to get."""

from __future__ import annotations

import json
from email import message_from_bytes, policy

import pytest

from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.model import Page, PageVersion, Space
from snapshots.errors import NotFound, PayloadTooLarge, SiteRefused, SiteUnavailable, StaleVersion

PAGE = {
    "id": "17",
    "status": "current",
    "title": "Release 3",
    "spaceId": "5",
    "authorId": "x",
    "version": {"createdAt": "2026-07-21T10:11:12.345Z", "message": "m", "number": 4, "authorId": "acc"},
    "body": {"storage": {"representation": "storage", "value": "<p>é</p>"}},
}
READ = Page("17", "5", "Release 3", "current", PageVersion(4, 1_784_628_672_345_000, "acc", "m"), "<p>é</p>")


@pytest.fixture
def confluence(transport):
    return ConfluenceClient(transport)


class TestPages:
    def test_read(self, site, confluence, answered):
        site.script = [answered(PAGE), answered(PAGE)]
        assert confluence.get_page("17") == READ
        confluence.get_page("17", version=3)
        assert [asked.target for asked in site.asked] == [
            "/wiki/api/v2/pages/17?body-format=storage",
            "/wiki/api/v2/pages/17?body-format=storage&version=3",
        ]

    def test_an_id_cannot_lead_elsewhere(self, site, confluence, answered):
        site.script = [answered(PAGE)]
        confluence.get_page("../../x?y#z")
        assert site.asked[0].path == "/wiki/api/v2/pages/..%2F..%2Fx%3Fy%23z"

    def test_what_confluence_leaves_out(self, site, confluence, answered):
        bare = {
            "id": "17",
            "status": "current",
            "title": "t",
            "spaceId": None,
            "version": {"number": 1, "createdAt": None, "message": None},
        }
        site.script = [answered(bare)]
        assert confluence.get_page("17") == Page("17", "", "t", "current", PageVersion(1, 0, ""), None)

    def test_saving_keeps_title_and_status(self, site, confluence, answered):
        site.script = [answered({**PAGE, "version": {**PAGE["version"], "number": 5}})]
        assert confluence.update_page(READ, "<p>new</p>", "why").version.number == 5
        assert site.asked[0].method == "PUT"
        assert site.asked[0].json() == {
            "id": "17",
            "status": "current",
            "title": "Release 3",
            "body": {"representation": "storage", "value": "<p>new</p>"},
            "version": {"number": 5, "message": "why"},
        }

    def test_saving_what_somebody_else_saved(self, site, confluence, answered):
        words = "Version must be incremented on update. Current version is: 9"
        site.script = [answered({"errors": [{"status": 409, "code": "CONFLICT", "title": words, "detail": None}]}, 409)]
        with pytest.raises(StaleVersion, match=r"Page 17 \(Release 3\) was saved by somebody else after its version 4"):
            confluence.update_page(READ, "<p/>", "why")

    def test_a_lost_answer_to_a_save_is_not_repeated(self, site, confluence, answered):
        lost = answered(PAGE)
        lost.cut = True
        site.script = [lost]
        with pytest.raises(SiteUnavailable, match="look before trying again"):
            confluence.update_page(READ, "<p/>", "why")
        assert len(site.asked) == 1


class TestLists:
    @pytest.mark.parametrize(
        "address",
        [
            "/wiki/api/v2/spaces?limit=250&cursor={}",
            "https://api.atlassian.com/ex/confluence/abc/wiki/api/v2/spaces?cursor={}",
        ],
    )
    def test_only_the_cursor_of_the_next_address_is_used(self, site, confluence, answered, address):
        def lot(key: str, cursor: str | None):
            links = {"base": "x"} | ({"next": address.format(cursor)} if cursor else {})
            return answered({"results": [{"id": "1", "key": key, "name": key, "type": "global"}], "_links": links})

        site.script = [lot("A", "c%2B1%3D"), lot("B", "c2"), lot("C", None)]
        assert [space.key for space in confluence.iter_spaces()] == ["A", "B", "C"]
        assert [asked.target for asked in site.asked] == [
            "/wiki/api/v2/spaces?limit=250",
            "/wiki/api/v2/spaces?limit=250&cursor=c%2B1%3D",
            "/wiki/api/v2/spaces?limit=250&cursor=c2",
        ]

    def test_streams_ask_only_when_needed(self, site, confluence, answered):
        site.script = [answered({"results": [PAGE], "_links": {"next": "/x?cursor=2"}})]
        assert next(confluence.iter_pages("5")) == READ
        assert len(site.asked) == 1

    def test_a_list_that_turns_in_circles_ends(self, site, confluence, answered):
        site.rule = lambda asked: answered({"results": [], "_links": {"next": "/x?cursor=same"}})
        with pytest.raises(SiteRefused, match="the same lot twice"):
            list(confluence.iter_spaces())
        assert len(site.asked) == 2

    def test_keys_are_asked_for_in_chunks(self, site, confluence, answered):
        site.rule = lambda asked: answered({"results": []})
        assert list(confluence.iter_spaces(f"K{n}" for n in range(600))) == []
        assert [asked.query.count("%2C") + 1 for asked in site.asked] == [250, 250, 100]
        assert list(confluence.iter_spaces([])) == []
        assert len(site.asked) == 3

    def test_a_page_is_found_by_its_exact_title_only(self, site, confluence, answered):
        space = {"id": "5", "key": "ACME", "name": "Acme", "type": "global"}
        site.script = [
            answered({"results": [space]}),
            answered({"results": [{**PAGE, "title": "release 3"}, PAGE]}),
            answered({"results": []}),
        ]
        assert confluence.find_page("ACME", "Release 3") == READ
        assert confluence.find_page("GONE", "Release 3") is None
        assert site.asked[1].target.startswith("/wiki/api/v2/spaces/5/pages?title=Release+3&body-format=storage")

    def test_types_of_ids_by_the_hundred(self, site, confluence, answered):
        def types(asked):
            return answered({"results": {each: None if each == "7" else "page" for each in asked.json()["contentIds"]}})

        site.rule = types
        ids = [str(n) for n in range(150)]
        found = confluence.classify_content([*ids, "7"])
        assert list(found) == ids
        assert [each for each, kind in found.items() if kind is None] == ["7"]
        assert len(site.asked) == 2


UPLOADED = {"results": [{"id": "att9", "title": "f.json", "type": "attachment", "version": {"number": 3}}]}


class TestFiles:
    def test_upload(self, site, confluence, answered):
        site.script = [answered(UPLOADED)]
        data = b'{"a":"\r\n--boundary"}'
        attachment = confluence.put_attachment("17", "snapshots-ä.json", data, "capture — é")
        assert (attachment.id, attachment.page_id, attachment.version_number) == ("att9", "17", 3)
        assert (attachment.title, attachment.file_size, attachment.comment) == (
            "snapshots-ä.json",
            len(data),
            "capture — é",
        )
        asked = site.asked[0]
        assert (asked.method, asked.target) == ("PUT", "/wiki/rest/api/content/17/child/attachment?status=current")
        assert asked.headers["X-Atlassian-Token"] == "no-check"
        head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
        file, comment, minor = message_from_bytes(head + asked.body, policy=policy.HTTP).iter_parts()
        assert file.get_payload(decode=True) == data
        assert file.get_content_type() == "application/json"
        assert (comment.get_content_type(), comment.get_content_charset()) == ("text/plain", "utf-8")
        assert comment.get_payload(decode=True).decode() == "capture — é"
        assert minor.get_payload(decode=True) == b"true"

    def test_a_404_on_a_page_that_is_there_means_too_large(self, site, confluence, answered):
        site.script = [answered({"message": "larger than the maximum size"}, 404), answered(PAGE)]
        with pytest.raises(PayloadTooLarge, match=r"uploading f.json \(3 bytes\) to page 17: it is larger"):
            confluence.put_attachment("17", "f.json", b"abc", "")

    def test_a_404_on_a_page_that_is_gone_means_just_that(self, site, confluence, answered):
        site.script = [answered(status=404), answered(status=404)]
        with pytest.raises(NotFound, match="reading page 17"):
            confluence.put_attachment("17", "f.json", b"abc", "")

    def test_413_means_too_large_as_well(self, site, confluence, answered):
        site.script = [answered(status=413)]
        with pytest.raises(PayloadTooLarge, match=r"too large: uploading f.json"):
            confluence.put_attachment("17", "f.json", b"abc", "")

    def test_a_lost_answer_is_not_repeated(self, site, confluence, answered):
        lost = answered(UPLOADED)
        lost.drop = True
        site.script = [lost]
        with pytest.raises(SiteUnavailable, match="look before trying again"):
            confluence.put_attachment("17", "f.json", b"abc", "")
        assert len(site.asked) == 1

    def test_told_to_wait_it_sends_all_of_it_again(self, site, confluence, answered):
        site.script = [answered(status=429, Retry_After="3"), answered(UPLOADED)]
        confluence.put_attachment("17", "f.json", b"abc" * 1000, "")
        assert site.asked[0].body == site.asked[1].body

    def test_download_of_a_version(self, site, elsewhere, confluence, answered):
        site.script = [answered(status=302, Location=f"{elsewhere.url}/m?sig=1")]
        elsewhere.script = [answered({"payload": True})]
        assert json.loads(confluence.download_attachment("17", "att9", 2)) == {"payload": True}
        assert site.asked[0].target == "/wiki/rest/api/content/17/child/attachment/att9/download?version=2"

    def test_the_beginning_of_a_file_is_asked_for_and_no_more_is_read(self, site, elsewhere, confluence, answered):
        site.script = [answered(status=302, Location=f"{elsewhere.url}/m?sig=1")]
        elsewhere.script = [answered("x" * 20_000_000)]
        beginning = confluence.download_attachment("17", "att9", 2, enough_bytes=1000)
        assert beginning.startswith(b'"xxx')
        assert 1000 <= len(beginning) < 5_000_000
        assert elsewhere.asked[0].headers["Range"] == "bytes=0-999"


def test_a_space_without_a_name_goes_by_its_key(site, confluence, answered):
    site.script = [answered({"results": [{"id": "5", "key": "~a", "name": None, "type": "personal", "icon": None}]})]
    assert list(confluence.iter_spaces()) == [Space("5", "~a", "~a", "personal")]
