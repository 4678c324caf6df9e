from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from atlassian_emulator.weather import Disturbance
from snapshots.atlassian.macro import attachment_name, find_macros, is_adf, parse_attachment_comment
from snapshots.capture.payload import decode_row, measure_payload, open_payload
from snapshots.capture.take import Take, settle_stopped, take_snapshots
from snapshots.errors import (
    DecisionNeeded,
    InvalidInput,
    JobCancelled,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    SiteRefused,
    SiteUnavailable,
    SnapshotsError,
    StaleVersion,
    StorageError,
)
from snapshots.registry import jira_mappings, macros, pages, sites, tables, versions
from snapshots.registry.engine import Registry
from snapshots.registry.jira_mappings import NewJiraMapping

# The fixtures' own classes live in conftest.py, which tests do not import.
Bench = Any
MakeTake = Callable[..., Take]

EPICS = ({"jql": "project = ACME AND type = Epic ORDER BY key"}, {"jql": "parent = $key ORDER BY key"})
BUGS = ({"jql": "project = BUG ORDER BY key", "columns": ["key", "status"]},)

UPDATE = {"path": "/wiki/api/v2/pages/*", "method": "PUT"}
UPLOAD = {"path": "/wiki/rest/api/content/*/child/attachment", "method": "PUT"}


def history(registry: Registry, page_id: str, macro_id: str) -> list[versions.VersionRow]:
    with registry.read() as conn:
        page = pages.find_page(conn, 1, page_id)
        macro = macros.find_macro(conn, page.id, macro_id) if page else None
        return versions.list_versions(conn, macro.id) if macro else []


def uploads(bench: Bench, page_id: str) -> dict[str, int]:
    return {found.title: found.version_number for found in bench.confluence.iter_attachments(page_id)}


def pointers(bench: Bench, page_id: str) -> dict[str, str | None]:
    body = bench.confluence.get_page(page_id).body
    return {macro.remote_id: macro.pointer and macro.pointer.capture_id for macro in find_macros(body)}


def assert_nothing_shows(bench: Bench, registry: Registry, page: Any, spool: Path) -> None:
    """Neither on the page, nor beside it, nor in the history, nor on this machine."""
    assert bench.confluence.get_page(page.id).version.number == page.version.number
    assert uploads(bench, page.id) == {}
    assert all(history(registry, page.id, macro_id) == [] for macro_id in pointers(bench, page.id))
    assert list(spool.glob("*")) == []


def test_a_take_leaves_payload_pointer_and_version_in_step(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    (result,) = take_snapshots(make_take(), page.id)

    saved = bench.confluence.get_page(page.id)
    (macro,) = find_macros(saved.body)
    (attachment,) = bench.confluence.iter_attachments(page.id)
    data = bench.confluence.download_attachment(page.id, attachment.id)
    label = parse_attachment_comment(attachment.comment)
    (row,) = history(own_registry, page.id, macro_id)

    assert (saved.version.number, result.page_version, row.page_version) == (2, 2, 2)
    assert attachment.title == attachment_name(macro_id)
    assert hashlib.sha256(data).hexdigest() == result.payload_sha256 == row.payload_sha256
    assert (label.capture_id, label.payload_sha256) == (result.capture_id, result.payload_sha256)
    assert (macro.pointer.capture_id, macro.pointer.attachment_version) == (result.capture_id, 1)
    assert "Before&nbsp;it" in saved.body
    opened = open_payload(data)
    assert [decode_row(line).key for line in opened.row_lines] == [
        "ACME-1", "ACME-10", "ACME-11", "ACME-2", "ACME-12", "ACME-3",
    ]  # fmt: skip
    assert (opened.header.id, opened.header.macro_id, opened.header.trigger) == (result.capture_id, macro_id, "person")
    assert opened.header.captured_by == saved.version.author_id == row.captured_by
    assert opened.header.captured_at == row.captured_at
    assert result.row_counts == tuple(msgspec.json.decode(row.row_counts)) == (3, 3)
    assert (result.number, row.number, row.payload_bytes) == (1, 1, len(data))
    assert result.requests > 0
    assert list((tmp_path / "spool").iterdir()) == []


def test_a_take_works_on_pages_given_as_documents(
    bench: Bench, make_take: MakeTake, own_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, (macro_id,) = bench.add_page(BUGS)
    as_storage = type(bench.confluence).get_page

    def get_page(client: Any, page_id: str, **options: Any) -> Any:
        return as_storage(client, page_id, **options, representation="atlas_doc_format")

    monkeypatch.setattr(type(bench.confluence), "get_page", get_page)
    assert is_adf(bench.confluence.get_page(page.id).body)
    (result,) = take_snapshots(make_take(), page.id)
    assert pointers(bench, page.id) == {macro_id: result.capture_id}
    monkeypatch.undo()
    assert pointers(bench, page.id) == {macro_id: result.capture_id}
    (row,) = history(own_registry, page.id, macro_id)
    assert row.page_version == result.page_version == bench.confluence.get_page(page.id).version.number


def test_a_second_take_of_unchanged_issues_has_the_same_data(
    bench: Bench, make_take: MakeTake, own_registry: Registry
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    (first,) = take_snapshots(make_take(), page.id)
    (second,) = take_snapshots(make_take(), page.id, trigger="schedule")
    assert (second.number, second.attachment_version, second.page_version) == (2, 2, 3)
    assert second.data_sha256 == first.data_sha256
    assert second.payload_sha256 != first.payload_sha256
    assert [row.trigger for row in history(own_registry, page.id, macro_id)] == ["schedule", "person"]


def test_all_macros_of_a_page_share_one_new_page_version(
    bench: Bench, make_take: MakeTake, own_registry: Registry
) -> None:
    page, macro_ids = bench.add_page(EPICS, BUGS)
    results = take_snapshots(make_take(), page.id)
    assert [result.macro_id for result in results] == macro_ids
    assert {result.page_version for result in results} == {2}
    assert pointers(bench, page.id) == {result.macro_id: result.capture_id for result in results}
    assert all(len(history(own_registry, page.id, macro_id)) == 1 for macro_id in macro_ids)


def test_one_macro_can_be_taken_alone(bench: Bench, make_take: MakeTake) -> None:
    page, (first, second) = bench.add_page(EPICS, BUGS)
    (result,) = take_snapshots(make_take(), page.id, [second])
    assert pointers(bench, page.id) == {first: None, second: result.capture_id}


def test_page_properties_are_put_into_the_jql(bench: Bench, make_take: MakeTake) -> None:
    page, _ = bench.add_page(({"jql": "project = BUG AND Team = $metadata:team"},))
    properties = (
        '<ac:structured-macro ac:name="details"><ac:rich-text-body><table><tbody><tr><th>team</th><td>Blue</td></tr>'
        "</tbody></table></ac:rich-text-body></ac:structured-macro>"
    )
    bench.confluence.update_page(page, (page.body or bench.confluence.get_page(page.id).body) + properties, "")
    (result,) = take_snapshots(make_take(), page.id)
    assert result.row_counts == (1,)


# -- what is refused, and leaves nothing behind ----------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "error"),
    [
        (({"jql": "universe = 42"},), SiteRefused),
        (({"jql": "project = BUG", "columns": ["nonsense"]},), InvalidInput),
        (({"jql": "project = BUG AND Team = $metadata:team"},), InvalidInput),
    ],
)
def test_what_jira_cannot_answer_leaves_nothing_behind(
    bench: Bench,
    make_take: MakeTake,
    own_registry: Registry,
    tmp_path: Path,
    levels: tuple[dict[str, Any], ...],
    error: type[SnapshotsError],
) -> None:
    page, _ = bench.add_page(EPICS, levels)
    with pytest.raises(error, match=r"(?i)level 1"):
        take_snapshots(make_take(), page.id)
    assert_nothing_shows(bench, own_registry, page, tmp_path / "spool")


def test_a_payload_over_the_limit_is_not_uploaded(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path
) -> None:
    page, _ = bench.add_page(EPICS)
    with pytest.raises(PayloadTooLarge, match="the limit is 500"):
        take_snapshots(make_take(max_payload_bytes=500), page.id)
    assert bench.count("/child/attachment") == 0
    assert_nothing_shows(bench, own_registry, page, tmp_path / "spool")


def test_rows_that_multiply_are_refused_before_they_are_written(bench: Bench, make_take: MakeTake) -> None:
    every = {"jql": "project = ACME"}
    page, _ = bench.add_page((every,) * 12)
    with pytest.raises(PayloadTooLarge, match="bytes or more"):
        take_snapshots(make_take(), page.id)


def test_the_sites_own_limit_is_told_and_leaves_nothing_behind(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path
) -> None:
    bench.server.site.attachment_limit_bytes = 500
    page, _ = bench.add_page(EPICS)
    with pytest.raises(PayloadTooLarge, match="larger than attachments may be"):
        take_snapshots(make_take(), page.id)
    assert_nothing_shows(bench, own_registry, page, tmp_path / "spool")


def test_who_may_not_edit_may_not_take(bench: Bench, make_take: MakeTake, own_registry: Registry) -> None:
    page, _ = bench.add_page(EPICS)
    with bench.as_account("viewer@example.com") as seen, pytest.raises(PermissionDenied, match="may not edit"):
        take_snapshots(make_take(seen), page.id)


def test_pages_and_macros_that_are_not_there_are_named(bench: Bench, make_take: MakeTake) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    empty, _ = bench.add_page(title="Empty")
    with pytest.raises(NotFound):
        take_snapshots(make_take(), "424242")
    with pytest.raises(NotFound, match=f"no Snapshots macro other.*{macro_id}"):
        take_snapshots(make_take(), page.id, ["other"])
    with pytest.raises(InvalidInput, match="'Empty' has no Snapshots macro"):
        take_snapshots(make_take(), empty.id)


def test_a_macro_that_was_never_set_up_is_skipped_or_refused(bench: Bench, make_take: MakeTake) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    bare = '<ac:structured-macro ac:name="snapshots" ac:schema-version="1" ac:macro-id="bare" />'
    bench.confluence.update_page(page, bench.confluence.get_page(page.id).body + bare, "")
    (result,) = take_snapshots(make_take(), page.id)
    assert result.macro_id == macro_id
    assert [finding.kind for finding in result.findings] == ["macro-not-set-up"]
    with pytest.raises(InvalidInput, match="never set up"):
        take_snapshots(make_take(), page.id, ["bare"])


def test_a_macro_that_stands_twice_is_for_a_person_to_sort_out(
    bench: Bench, make_take: MakeTake, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = bench.add_page(EPICS)
    read = bench.confluence.get_page(page.id)
    # Confluence gives a copy another id when it notices; bodies written by imports are not always noticed.
    doubled = msgspec.structs.replace(read, body=read.body + read.body)
    monkeypatch.setattr(bench.confluence, "get_page", lambda page_id: doubled)
    with pytest.raises(DecisionNeeded, match="more than once"):
        take_snapshots(make_take(), page.id)


def test_another_jira_is_refused_until_an_administrator_says_it_is_the_same(
    bench: Bench, make_take: MakeTake, own_registry: Registry
) -> None:
    page, _ = bench.add_page(EPICS)
    take_snapshots(make_take(), page.id)
    with own_registry.read() as conn:
        (site,) = sites.list_sites(conn)
    renamed = replace(site, jira_url="https://renamed.example.com")
    take = make_take(site=renamed)
    with pytest.raises(InvalidInput, match=f"came from {bench.server.url}.*renamed.example.com"):
        take_snapshots(take, page.id)
    (result,) = take_snapshots(make_take(site=renamed, same_jira_urls=[bench.server.url + "/"]), page.id)
    assert result.number == 2


def test_another_jira_is_refused_until_its_data_was_imported(
    bench: Bench, make_take: MakeTake, own_registry: Registry
) -> None:
    page, _ = bench.add_page(EPICS)
    take_snapshots(make_take(), page.id)
    with own_registry.write() as conn:
        (site,) = sites.list_sites(conn)
        moved = replace(site, jira_url="https://globex.example.com")
        with pytest.raises(InvalidInput, match="import the Jira data"):
            make_take(site=moved).plan(page.id, [], "person")
        new = NewJiraMapping(
            site_id=site.id,
            mapping_id="m-1",
            source_url=site.jira_url,
            destination_url=moved.jira_url,
            made_by="Ada",
            made_at=1,
        )
        jira_mappings.add_mapping(conn, new, [])
    assert make_take(site=moved).plan(page.id, [], "person")["macros"]
    with own_registry.write() as conn:
        jira_mappings.remove_mapping(conn, site.id, "m-1")
    with pytest.raises(InvalidInput, match="import the Jira data"):
        make_take(site=moved).plan(page.id, [], "person")


def test_which_jira_was_captured_costs_no_download(bench: Bench, make_take: MakeTake, own_registry: Registry) -> None:
    page, _ = bench.add_page(EPICS)
    take_snapshots(make_take(), page.id)
    take_snapshots(make_take(), page.id)
    assert bench.count("/download") == 0
    with own_registry.read() as conn:
        assert versions.count_by_jira(conn, 1) == {bench.server.url: 2}


def test_a_version_that_does_not_tell_its_jira_is_asked_by_the_beginning_of_its_payload(
    bench: Bench, make_take: MakeTake, own_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = bench.add_page(EPICS)
    take_snapshots(make_take(), page.id)
    with own_registry.write() as conn:
        conn.execute(tables.version.update().values(jira_url=None))
        (site,) = sites.list_sites(conn)
    asked = []
    download = bench.confluence.download_attachment

    def note(*arguments: Any, **options: Any) -> bytes:
        asked.append(options)
        return download(*arguments, **options)

    monkeypatch.setattr(bench.confluence, "download_attachment", note)
    with pytest.raises(InvalidInput, match=f"came from {bench.server.url}"):
        take_snapshots(make_take(site=replace(site, jira_url="https://other.example.com")), page.id)
    (result,) = take_snapshots(make_take(), page.id)
    assert result.number == 2
    assert [options["enough_bytes"] for options in asked] == [16_384] * 2


def test_a_capture_that_showed_when_the_site_fell_silent_is_recorded_by_the_next_take(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, macro_ids = bench.add_page(EPICS, BUGS)
    save = bench.confluence.update_page

    def save_and_fall_silent(*arguments: Any) -> Any:
        save(*arguments)
        bench.server.set_weather(Disturbance(kind="unavailable", path="/wiki/*"))
        raise SiteUnavailable("the answer is lost")

    with monkeypatch.context() as storm:
        storm.setattr(bench.confluence, "update_page", save_and_fall_silent)
        with pytest.raises(SiteUnavailable):
            take_snapshots(make_take(), page.id)
    bench.server.set_weather()
    lost = pointers(bench, page.id)
    assert all(lost.values()) and not any(history(own_registry, page.id, macro_id) for macro_id in macro_ids)
    bench.confluence.update_page(bench.confluence.get_page(page.id), bench.confluence.get_page(page.id).body, "an edit")
    results = take_snapshots(make_take(), page.id)
    for result in results:
        newest, healed = history(own_registry, page.id, result.macro_id)
        assert (newest.number, healed.number) == (result.number, 1) == (2, 1)
        assert (healed.capture_id, healed.page_version) == (lost[result.macro_id], 2)
        assert healed.jira_url == bench.server.url
        (attachment,) = bench.confluence.iter_attachments(page.id, attachment_name(result.macro_id))
        data = bench.confluence.download_attachment(page.id, attachment.id, healed.attachment_version)
        assert hashlib.sha256(data).hexdigest() == healed.payload_sha256
        assert measure_payload(data).row_counts == tuple(msgspec.json.decode(healed.row_counts))
    assert [finding.kind for finding in results[0].findings] == ["capture-recovered"] * 2
    assert not list((tmp_path / "spool").iterdir())


def test_a_capture_of_another_site_is_not_taken_for_a_lost_one(
    bench: Bench, make_take: MakeTake, own_registry: Registry
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    (first,) = take_snapshots(make_take(), page.id)
    with own_registry.write() as conn:
        conn.execute(tables.version.delete())
    (second,) = take_snapshots(make_take(), page.id)
    assert [row.capture_id for row in history(own_registry, page.id, macro_id)] == [second.capture_id]
    assert first.capture_id != second.capture_id


# -- faults of the site -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "weather",
    [
        Disturbance(kind="rate-limit", count=2, path="/wiki/*", retry_after_seconds=1),
        Disturbance(kind="unavailable", count=2, path="/wiki/*", retry_after_seconds=1),
        Disturbance(kind="rate-limit", count=2, retry_after_seconds=30, **UPDATE),
        Disturbance(kind="lose", count=1, **UPDATE),
        Disturbance(kind="lose", count=1, **UPLOAD),
        Disturbance(kind="cut", count=1, **UPDATE),
        Disturbance(kind="cut", count=1, **UPLOAD),
    ],
    ids=lambda weather: f"{weather.kind} {weather.method}",
)
def test_faults_on_the_way_end_in_exactly_one_capture(
    bench: Bench, make_take: MakeTake, own_registry: Registry, weather: Disturbance
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    bench.server.set_weather(weather)
    (result,) = take_snapshots(make_take(), page.id)
    assert bench.read_weather() == []
    assert uploads(bench, page.id) == {attachment_name(macro_id): 1}
    assert pointers(bench, page.id) == {macro_id: result.capture_id}
    assert bench.confluence.get_page(page.id).version.number == result.page_version == 2
    assert [row.capture_id for row in history(own_registry, page.id, macro_id)] == [result.capture_id]


@pytest.mark.parametrize(
    "weather",
    [
        Disturbance(kind="unavailable", **UPLOAD),
        Disturbance(kind="unavailable", **UPDATE),
        Disturbance(kind="drop", count=1, **UPLOAD),
        Disturbance(kind="drop", count=1, **UPDATE),
        Disturbance(kind="unavailable", path="/rest/api/3/issue/bulkfetch"),
    ],
    ids=lambda weather: f"{weather.kind} {weather.path}",
)
def test_faults_that_do_not_end_leave_nothing_behind(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path, weather: Disturbance
) -> None:
    page, _ = bench.add_page(EPICS, BUGS)
    bench.server.set_weather(weather)
    with pytest.raises(SiteUnavailable):
        take_snapshots(make_take(), page.id)
    bench.server.set_weather()
    assert_nothing_shows(bench, own_registry, page, tmp_path / "spool")


def test_an_earlier_capture_survives_a_failing_one(bench: Bench, make_take: MakeTake, own_registry: Registry) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    (first,) = take_snapshots(make_take(), page.id)
    bench.server.set_weather(Disturbance(kind="unavailable", **UPDATE))
    with pytest.raises(SiteUnavailable):
        take_snapshots(make_take(), page.id)
    bench.server.set_weather()
    assert pointers(bench, page.id) == {macro_id: first.capture_id}
    (attachment,) = bench.confluence.iter_attachments(page.id)
    data = bench.confluence.download_attachment(page.id, attachment.id, first.attachment_version)
    assert hashlib.sha256(data).hexdigest() == first.payload_sha256
    assert len(history(own_registry, page.id, macro_id)) == 1


def test_a_page_saved_by_others_meanwhile_keeps_their_words(
    bench: Bench, make_take: MakeTake, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    save = bench.confluence.update_page
    others: list[str] = []

    def save_behind_somebody(read: Any, body: str, message: str) -> Any:
        if len(others) < 3:
            others.append(f"<p>word {len(others)}</p>")
            current = bench.confluence.get_page(page.id)
            save(current, current.body + others[-1], "an edit")
        return save(read, body, message)

    monkeypatch.setattr(bench.confluence, "update_page", save_behind_somebody)
    (result,) = take_snapshots(make_take(), page.id)
    saved = bench.confluence.get_page(page.id)
    assert all(words in saved.body for words in others)
    assert pointers(bench, page.id) == {macro_id: result.capture_id}
    assert saved.version.number == result.page_version == 5


def test_a_page_that_never_rests_is_given_up(
    bench: Bench, make_take: MakeTake, own_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    save = bench.confluence.update_page

    def save_behind_somebody(read: Any, body: str, message: str) -> Any:
        save(bench.confluence.get_page(page.id), read.body, "an edit")
        return save(read, body, message)

    monkeypatch.setattr(bench.confluence, "update_page", save_behind_somebody)
    with pytest.raises(StaleVersion):
        take_snapshots(make_take(), page.id)
    assert bench.confluence.get_page(page.id).version.number == 6
    assert (uploads(bench, page.id), pointers(bench, page.id)) == ({}, {macro_id: None})
    assert history(own_registry, page.id, macro_id) == []


def test_a_macro_taken_off_the_page_meanwhile_is_told(
    bench: Bench, make_take: MakeTake, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    upload = bench.confluence.put_attachment

    def upload_and_lose_the_macro(*arguments: Any) -> Any:
        bench.confluence.update_page(bench.confluence.get_page(page.id), "<p>nothing</p>", "tidied")
        return upload(*arguments)

    monkeypatch.setattr(bench.confluence, "put_attachment", upload_and_lose_the_macro)
    with pytest.raises(NotFound, match=f"{macro_id} was taken off the page"):
        take_snapshots(make_take(), page.id)
    assert uploads(bench, page.id) == {}


def test_two_takes_at_once_both_become_versions(
    bench: Bench, make_take: MakeTake, own_registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    slow, quick = make_take(), make_take()
    save = bench.confluence.update_page
    between: list[Any] = []

    def save_after_the_other(*arguments: Any) -> Any:
        if not between:
            between.append(None)
            between[0] = take_snapshots(quick, page.id)[0]
        return save(*arguments)

    monkeypatch.setattr(bench.confluence, "update_page", save_after_the_other)
    (late,) = take_snapshots(slow, page.id)
    assert (between[0].number, late.number) == (1, 2)
    assert (between[0].page_version, late.page_version) == (2, 3)
    assert pointers(bench, page.id) == {macro_id: late.capture_id}
    assert [row.capture_id for row in history(own_registry, page.id, macro_id)] == [
        late.capture_id,
        between[0].capture_id,
    ]


def test_a_registry_that_cannot_be_written_is_noticed_before_the_page_is_saved(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, _ = bench.add_page(EPICS)

    def refuse() -> Any:
        raise StorageError("The registry is full.")

    with monkeypatch.context() as patched:
        patched.setattr(own_registry, "write", refuse)
        with pytest.raises(StorageError, match="full"):
            take_snapshots(make_take(), page.id)
    assert_nothing_shows(bench, own_registry, page, tmp_path / "spool")


def test_what_the_registry_cannot_hold_is_noticed_before_the_page_is_saved(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path
) -> None:
    page, _ = bench.add_page(EPICS, title="Release\0 3")
    with pytest.raises(InvalidInput, match="NUL"):
        take_snapshots(make_take(), page.id)
    assert_nothing_shows(bench, own_registry, page, tmp_path / "spool")


# -- killed, and run again --------------------------------------------------------------------------------


class Killed(BaseException):
    """The end of the process, as far as the take can tell."""


class Journal:
    """Keeps the results of steps, as a durable job does, and dies where it is told to."""

    def __init__(self) -> None:
        self.results: dict[str, bytes] = {}
        self.runs = 0

    def runner(self, dies_at: int, *, after: bool) -> Callable[..., Any]:
        taken = 0

        def step(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
            nonlocal taken
            if name in self.results:
                return msgspec.json.decode(self.results[name])
            taken += 1
            if taken == dies_at and not after:
                raise Killed(name)
            self.runs += 1
            result = function(*msgspec.json.decode(msgspec.json.encode(arguments)))
            if taken == dies_at:
                raise Killed(name)
            self.results[name] = msgspec.json.encode(result)
            return result

        return step


STEPS = 7
"""Of a take of two macros: plan, two readings, two uploads, the page, the record."""


@pytest.mark.parametrize("after", [False, True], ids=["before the work", "before it is recorded"])
@pytest.mark.parametrize("dies_at", range(1, STEPS + 1))
def test_killed_anywhere_and_run_again_ends_the_same(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path, dies_at: int, after: bool
) -> None:
    page, macro_ids = bench.add_page(EPICS, BUGS)
    journal = Journal()
    with pytest.raises(Killed):
        take_snapshots(make_take(), page.id, step=journal.runner(dies_at, after=after))
    results = take_snapshots(make_take(), page.id, step=journal.runner(STEPS + 1, after=False))
    assert journal.runs == STEPS + after
    assert uploads(bench, page.id) == {attachment_name(macro_id): 1 for macro_id in macro_ids}
    assert bench.confluence.get_page(page.id).version.number == 2
    assert pointers(bench, page.id) == {result.macro_id: result.capture_id for result in results}
    for result in results:
        (row,) = history(own_registry, page.id, result.macro_id)
        assert (row.capture_id, row.page_version, row.attachment_version) == (result.capture_id, 2, 1)
    assert list((tmp_path / "spool").iterdir()) == []


def test_killed_after_the_page_was_saved_and_edited_finds_its_own_version(
    bench: Bench, make_take: MakeTake, own_registry: Registry
) -> None:
    page, (macro_id,) = bench.add_page(EPICS)
    journal = Journal()
    with pytest.raises(Killed):
        take_snapshots(make_take(), page.id, step=journal.runner(4, after=True))
    edited = bench.confluence.get_page(page.id)
    bench.confluence.update_page(edited, edited.body + "<p>more</p>", "an edit")
    (result,) = take_snapshots(make_take(), page.id, step=journal.runner(9, after=False))
    assert result.page_version == 2
    assert bench.confluence.get_page(page.id).version.number == 3
    assert history(own_registry, page.id, macro_id)[0].page_version == 2


# -- cancelled --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", range(2, STEPS + 1))
def test_cancelled_anywhere_page_and_history_agree(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path, at: int
) -> None:
    page, _ = bench.add_page(EPICS, BUGS)
    taken = 0

    def step(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken == at:
            raise JobCancelled("Somebody asked.")
        return function(*arguments)

    with pytest.raises(JobCancelled):
        take_snapshots(make_take(), page.id, step=step)
    assert_told_or_gone(bench, own_registry, page, tmp_path / "spool", shows=at == STEPS)


@pytest.mark.parametrize("after", [False, True], ids=["before the work", "before it is recorded"])
@pytest.mark.parametrize("dies_at", range(1, STEPS + 1))
def test_killed_anywhere_and_then_cancelled_page_and_history_agree(
    bench: Bench, make_take: MakeTake, own_registry: Registry, tmp_path: Path, dies_at: int, after: bool
) -> None:
    page, _ = bench.add_page(EPICS, BUGS)
    journal = Journal()
    with pytest.raises(Killed):
        take_snapshots(make_take(), page.id, step=journal.runner(dies_at, after=after))
    settle_stopped(make_take(), {name: msgspec.json.decode(result) for name, result in journal.results.items()})
    assert_told_or_gone(
        bench, own_registry, page, tmp_path / "spool", shows=dies_at == STEPS or (dies_at, after) == (STEPS - 1, True)
    )


def assert_told_or_gone(bench: Bench, registry: Registry, page: Any, spool: Path, *, shows: bool) -> None:
    """What shows on the page is in the history, and otherwise nothing is left."""
    if not shows:
        assert_nothing_shows(bench, registry, page, spool)
        return
    shown = pointers(bench, page.id)
    told = {macro_id: [row.capture_id for row in history(registry, page.id, macro_id)] for macro_id in shown}
    assert told == {macro_id: [capture_id] for macro_id, capture_id in shown.items()}
    assert list(spool.glob("*")) == []
