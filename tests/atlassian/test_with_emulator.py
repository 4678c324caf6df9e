"""Every method of both clients against the emulated site, which knows nothing of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import msgspec
import pytest

from atlassian_emulator.jira.loading import put_issues
from atlassian_emulator.server import EmulatorServer
from atlassian_emulator.weather import Disturbance
from snapshots.atlassian.confluence import ConfluenceClient
from snapshots.atlassian.connection import Connection
from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.macro import (
    Pointer,
    add_macro,
    attachment_name,
    find_macros,
    format_attachment_comment,
    is_adf,
    parse_attachment_comment,
    set_definition,
    set_pointer,
)
from snapshots.atlassian.transport import Transport
from snapshots.errors import (
    AuthenticationFailed,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    SiteRefused,
    SiteUnavailable,
    StaleVersion,
)

ISSUES = 230
MICROSECONDS_2020 = 1_577_836_800_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[EmulatorServer]:
    with EmulatorServer(site_name="acme") as started:
        put_issues(started.site, (an_issue(number) for number in range(1, ISSUES + 1)))
        yield started


@pytest.fixture(autouse=True)
def clear_sky(server) -> Iterator[None]:
    yield
    server.set_weather()


def an_issue(number: int) -> dict[str, object]:
    fields = {
        "summary": f"Issue {number} — é",
        "project": {"key": "ACME", "name": "Acme"},
        "issuetype": {"name": "Bug" if number % 2 else "Task"},
        "status": {"name": "Open"},
        "created": "2024-01-01T00:00:00.000+0000",
        "updated": "2024-01-01T00:00:00.000+0000",
    }
    return {"id": str(number), "key": f"ACME-{number}", "fields": fields}


@pytest.fixture
def connect(server, clock) -> Callable[..., Transport]:
    """Makes a transport to the site for an account; its clock moves only when it sleeps."""

    def open_transport(account: str = "admin@example.com", token: str = "emulator") -> Transport:
        connection = Connection(f"{server.url}/wiki", server.url, account, token)
        return Transport(connection, threads=4, read_timeout_seconds=5, clock=clock.read, sleep=clock.sleep)

    return open_transport


@pytest.fixture
def online(connect) -> Iterator[Transport]:
    with connect() as opened:
        yield opened


@pytest.fixture
def confluence(online) -> ConfluenceClient:
    return ConfluenceClient(online)


@pytest.fixture
def jira(online) -> JiraClient:
    return JiraClient(online)


@pytest.fixture
def space(server, online, confluence):
    """A space of its own; making spaces is nothing that the client does."""
    key = f"S{uuid.uuid4().hex[:8].upper()}"
    online.request("POST", f"{server.url}/wiki/api/v2/spaces", doing="making a space", json={"key": key, "name": key})
    (made,) = confluence.iter_spaces([key])
    return made


@pytest.fixture
def page(confluence, space):
    return confluence.create_page(space.id, "Release 3 & é", add_macro("<p>&nbsp;</p>", "m-1", "{}"))


class TestConfluence:
    def test_who_and_where(self, server, confluence):
        assert confluence.get_current_user().display_name == "Ada Admin"
        info = confluence.get_system_info()
        assert info.cloud_id == server.site.cloud_id
        assert info.title

    def test_spaces(self, confluence, space):
        assert space.key in {each.key for each in confluence.iter_spaces()}
        assert [each.key for each in confluence.iter_spaces([space.key, "NO-SUCH"])] == [space.key]

    def test_a_page_through_its_versions(self, confluence, space, page):
        assert page.version.number == 1
        read = confluence.get_page(page.id)
        assert find_macros(read.body)[0].remote_id == "m-1"
        saved = confluence.update_page(read, "<p>two</p>", "second — é")
        assert (saved.version.number, saved.title, saved.status) == (2, "Release 3 & é", "current")
        assert confluence.get_page(page.id).body == "<p>two</p>"
        assert confluence.get_page(page.id, version=1).body == read.body
        versions = list(confluence.iter_page_versions(page.id))
        assert [(each.number, each.message, each.body) for each in versions] == [
            (2, "second — é", "<p>two</p>"),
            (1, "", read.body),
        ]
        assert all(each.created_at > MICROSECONDS_2020 and each.author_id for each in versions)
        with pytest.raises(StaleVersion, match="after its version 1 was read"):
            confluence.update_page(read, "<p>late</p>", "late")

    def test_finding_and_listing_pages(self, confluence, space, page):
        child = confluence.create_page(space.id, "Child", "<p/>", parent_id=page.id)
        assert confluence.find_page(space.key, "Release 3 & é") == confluence.get_page(page.id)
        assert confluence.find_page(space.key, "release 3 & é") is None
        assert confluence.find_page("NO-SUCH", "Child") is None
        bodies = {each.id: each.body for each in confluence.iter_pages(space.id)}
        assert bodies[page.id] == confluence.get_page(page.id).body
        assert child.id in bodies

    def test_what_is_not_there(self, confluence):
        with pytest.raises(NotFound, match="reading page 999999"):
            confluence.get_page("999999")
        with pytest.raises(NotFound):
            list(confluence.iter_page_versions("999999"))
        with pytest.raises(NotFound):
            list(confluence.iter_attachments("999999"))
        with pytest.raises(NotFound):
            list(confluence.iter_pages("999999"))
        with pytest.raises(NotFound):
            confluence.put_attachment("999999", "f.json", b"{}", "")
        with pytest.raises(NotFound):
            confluence.delete_attachment("att999999")
        with pytest.raises(NotFound):
            confluence.may_update("999999")

    def test_versions_of_a_file_carry_their_digests(self, confluence, page):
        name = attachment_name("m-1")
        comments = [format_attachment_comment(f"capture-{number}", f"{number}" * 64) for number in (1, 2, 3)]
        uploads = [confluence.put_attachment(page.id, name, b"payload %d" % n, c) for n, c in enumerate(comments)]
        assert [upload.version_number for upload in uploads] == [1, 2, 3]
        assert len({upload.id for upload in uploads}) == 1
        (listed,) = confluence.iter_attachments(page.id, name)
        assert listed == uploads[-1]
        assert list(confluence.iter_attachments(page.id, "other.json")) == []
        versions = list(confluence.iter_attachment_versions(listed.id))
        assert [(version.number, version.comment) for version in versions] == [
            (3, comments[2]),
            (2, comments[1]),
            (1, comments[0]),
        ]
        assert parse_attachment_comment(versions[0].comment).capture_id == "capture-3"
        assert confluence.download_attachment(page.id, listed.id) == b"payload 2"
        assert confluence.download_attachment(page.id, listed.id, version=1) == b"payload 0"

    def test_pages_and_files_are_told_apart(self, confluence, page):
        file = confluence.put_attachment(page.id, "f.json", b"{}", "")
        number = file.id.removeprefix("att")
        assert confluence.classify_content([page.id, number, "999999"]) == {
            page.id: "page",
            number: "attachment",
            "999999": None,
        }
        confluence.delete_attachment(file.id)
        assert list(confluence.iter_attachments(page.id)) == []

    def test_a_file_over_the_limit(self, server, confluence, page):
        limit = server.site.attachment_limit_bytes
        server.site.attachment_limit_bytes = 10
        try:
            with pytest.raises(PayloadTooLarge, match="larger than attachments may be"):
                confluence.put_attachment(page.id, "f.json", b"x" * 11, "")
        finally:
            server.site.attachment_limit_bytes = limit

    def test_rights(self, connect, confluence, page):
        assert confluence.may_update(page.id)
        with connect("viewer@example.com") as reading:
            viewer = ConfluenceClient(reading)
            assert not viewer.may_update(page.id)
            with pytest.raises((PermissionDenied, NotFound)):
                viewer.update_page(viewer.get_page(page.id), "<p/>", "no")
        with (
            connect(token="wrong") as stranger,
            pytest.raises(AuthenticationFailed, match="make a new API token"),
        ):
            ConfluenceClient(stranger).get_current_user()

    def test_a_macro_pointed_at_a_capture_comes_back_so(self, confluence, page):
        read = confluence.get_page(page.id)
        pointer = Pointer(str(uuid.uuid4()), 1, "a" * 64)
        confluence.update_page(read, set_pointer(read.body, "m-1", pointer), "captured")
        (macro,) = find_macros(confluence.get_page(page.id).body)
        assert macro.pointer == pointer

    def test_a_page_read_as_a_document_is_saved_as_one(self, confluence, space, page):
        read = confluence.get_page(page.id, representation="atlas_doc_format")
        assert read.representation == "atlas_doc_format"
        assert is_adf(read.body)
        assert [(macro.remote_id, macro.definition) for macro in find_macros(read.body)] == [("m-1", "{}")]
        pointer = Pointer(str(uuid.uuid4()), 1, "a" * 64)
        body = set_pointer(set_definition(read.body, "m-1", '{"levels":["é"]}'), "m-1", pointer)
        confluence.update_page(read, body, "as a document")
        for representation in ("storage", "atlas_doc_format"):
            (macro,) = find_macros(confluence.get_page(page.id, representation=representation).body)
            assert (macro.definition, macro.pointer) == ('{"levels":["é"]}', pointer)
            (listed,) = [each for each in confluence.iter_pages(space.id, representation) if each.id == page.id]
            assert find_macros(listed.body) == [macro]
            newest = next(confluence.iter_page_versions(page.id, representation))
            assert find_macros(newest.body) == [macro]


class TestJira:
    def test_who_and_where(self, server, jira):
        assert jira.get_current_user().display_name == "Ada Admin"
        info = jira.get_server_info()
        assert (info.base_url, info.deployment_type) == (server.url, "Cloud")

    def test_fields_and_link_types(self, jira):
        fields = {field.id: field for field in jira.list_fields()}
        assert fields["summary"].schema_type == "string"
        assert all(field.custom for field_id, field in fields.items() if field_id.startswith("customfield_"))
        assert all(kind.inward and kind.outward for kind in jira.list_link_types())

    def test_a_search_and_all_that_it_found(self, jira):
        ids = jira.search_ids("project = ACME ORDER BY key DESC")
        assert len(ids) == len(set(ids)) == ISSUES
        issues = jira.fetch_issues([*ids, 999_999], ["summary", "issuetype"])
        assert set(issues) == set(ids)
        assert [issues[issue_id].key for issue_id in ids] == [f"ACME-{number}" for number in range(ISSUES, 0, -1)]
        assert msgspec.json.decode(issues[ids[0]].fields["summary"]) == f"Issue {ISSUES} — é"
        assert set(issues[ids[0]].fields) == {"summary", "issuetype"}

    def test_a_refused_search(self, jira):
        with pytest.raises(SiteRefused) as caught:
            jira.search_ids("no_such_field = 1")
        assert caught.value.status == 400
        assert "no_such_field" in str(caught.value)

    def test_matching(self, jira):
        ids = jira.search_ids("project = ACME")
        bugs, tasks, nothing = jira.match_issues(
            ["issuetype = Bug", "issuetype = Task", "key = ACME-1 AND key = ACME-2"], ids
        )
        assert bugs | tasks == set(ids)
        assert len(bugs) == ISSUES // 2
        assert nothing == frozenset()
        with pytest.raises(SiteRefused, match="refused the JQL 'no_such_field = 1'"):
            jira.match_issues(["issuetype = Bug", "no_such_field = 1"], ids)

    def test_checking(self, jira):
        good, unknown, broken = jira.check_jql(["project = ACME", "no_such_field = 1", "project = = x"])
        assert good == ()
        assert "no_such_field" in " ".join(unknown)
        assert broken


class TestBadDays:
    @pytest.mark.parametrize("kind", ["rate-limit", "unavailable", "drop", "cut"])
    def test_a_read_survives_them(self, server, jira, kind):
        server.set_weather(Disturbance(kind=kind, count=2, path="/rest/api/3/*", retry_after_seconds=1))
        assert len(jira.search_ids("project = ACME")) == ISSUES

    def test_a_whole_capture_in_a_storm(self, server, online, jira):
        ids = jira.search_ids("project = ACME")
        before = online.requests_sent
        server.set_weather(
            Disturbance(kind="rate-limit", count=1, path="/rest/api/3/issue/*", retry_after_seconds=1),
            Disturbance(kind="drop", count=1, path="/rest/api/3/issue/*"),
            Disturbance(kind="cut", count=1, path="/rest/api/3/issue/*"),
        )
        assert len(jira.fetch_issues(ids, ["summary"])) == ISSUES
        assert online.requests_sent - before == 6

    def test_an_upload_whose_answer_was_lost_is_not_sent_twice(self, server, confluence, page):
        server.set_weather(Disturbance(kind="lose", count=1, path="/wiki/rest/api/*", method="PUT"))
        with pytest.raises(SiteUnavailable, match="look before trying again"):
            confluence.put_attachment(page.id, "f.json", b"{}", "c")
        (file,) = confluence.iter_attachments(page.id, "f.json")
        assert (file.version_number, file.comment) == (1, "c")

    def test_an_exhausted_quota(self, server, jira):
        server.set_weather(Disturbance(kind="rate-limit", retry_after_seconds=1847))
        with pytest.raises(SiteUnavailable, match="in 31 minutes"):
            jira.search_ids("project = ACME")
