"""What became of a Jira's data in another, kept with the site, over each database."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from snapshots.errors import InvalidInput
from snapshots.registry import jira_mappings, sites
from snapshots.registry.engine import Registry
from snapshots.registry.jira_mappings import JiraMappingRow, MappedThing, NewJiraMapping

TESTS = MappedThing(
    "link_type", "7", "", "Tests", "9", "", "Tests", "name", "certain", (("is tested by", "tested by"),)
)
TEAM = MappedThing("field", "customfield_1", "", "Team", "customfield_2", "", "Größe\t\u2028", "given", "given")


def issue(number: int) -> MappedThing:
    return MappedThing("issue", str(number), f"PUMP-{number}", "", str(50_000 + number), f"INF-{number}", "", "number")


def add_site(conn: sa.Connection, name: str = "acme") -> int:
    return sites.add_site(
        conn,
        name=name,
        deployment="cloud",
        confluence_url=f"https://{name}.example/wiki",
        jira_url=f"https://{name}.example",
        cloud_id=name,
        account="ada@acme.example",
        secret="env:T",
        created_at=1,
    ).id


def an_import(site_id: int, mapping_id: str = "m-1", made_at: int = 5) -> NewJiraMapping:
    return NewJiraMapping(
        site_id=site_id,
        mapping_id=mapping_id,
        source_url="https://acme.example/",
        destination_url="https://globex.example",
        destination_jira_id="cloud-globex",
        numbers_kept=("PUMP", "Ü"),
        made_by="Ada",
        made_at=made_at,
    )


def add(registry: Registry, *things: MappedThing) -> JiraMappingRow:
    with registry.write() as conn:
        return jira_mappings.add_mapping(conn, an_import(add_site(conn)), things)


def test_an_import_is_kept_whole_and_in_order(registry: Registry) -> None:
    things = [TESTS, *(issue(number) for number in range(1, 2600)), TEAM]
    added = add(registry, *things)
    with registry.read() as conn:
        assert jira_mappings.list_mappings(conn, added.site_id) == [added]
        assert jira_mappings.find_mapping(conn, added.site_id, "m-1") == added
        assert list(jira_mappings.iter_things(conn, added)) == things
        assert list(jira_mappings.iter_things(conn, added, ["field", "link_type"])) == [TESTS, TEAM]
        assert jira_mappings.count_things(conn, added) == {"field": 1, "issue": 2599, "link_type": 1}
    assert (added.source_url, added.numbers_kept) == ("https://acme.example", ("PUMP", "Ü"))


def test_things_are_found_by_id_and_by_key_in_blocks(registry: Registry) -> None:
    added = add(registry, *(issue(number) for number in range(1, 3001)), TEAM)
    with registry.read() as conn:
        ids = [str(number) for number in range(500, 4000)]
        found = jira_mappings.find_things(conn, added, "issue", ids=ids, keys=["PUMP-3", "PUMP-9999"])
        assert {thing.source_id for thing in found} == {"3", *(str(number) for number in range(500, 3001))}
        assert jira_mappings.find_things(conn, added, "field", ids=["customfield_1", "3"]) == [TEAM]
        assert jira_mappings.find_things(conn, added, "issue") == []


def test_keeping_it_again_changes_nothing_and_undoing_leaves_nothing(registry: Registry) -> None:
    added = add(registry, issue(1), issue(2))
    with registry.write() as conn:
        again = jira_mappings.add_mapping(conn, replace(an_import(added.site_id), made_by="Bob"), [issue(3)])
        other = jira_mappings.add_mapping(conn, an_import(added.site_id, "m-0", made_at=4), [issue(1)])
        assert again == added
        assert jira_mappings.list_mappings(conn, added.site_id) == [other, added]
        assert jira_mappings.remove_mapping(conn, added.site_id, "m-1")
        assert not jira_mappings.remove_mapping(conn, added.site_id, "m-1")
    with registry.read() as conn:
        assert jira_mappings.list_mappings(conn, added.site_id) == [other]
        assert list(jira_mappings.iter_things(conn, added)) == []
        assert list(jira_mappings.iter_things(conn, other)) == [issue(1)]


def test_a_mapping_is_of_its_site_alone(registry: Registry) -> None:
    added = add(registry, issue(1))
    with registry.write() as conn:
        other = add_site(conn, "globex")
        assert jira_mappings.list_mappings(conn, other) == []
        assert not jira_mappings.remove_mapping(conn, other, "m-1")
        jira_mappings.add_mapping(conn, an_import(other), [issue(7)])
        assert list(jira_mappings.iter_things(conn, added)) == [issue(1)]


def test_text_that_cannot_be_stored_keeps_nothing(registry: Registry) -> None:
    with pytest.raises(InvalidInput, match="NUL"):
        add(registry, issue(1), replace(TEAM, destination_name="a\0b"))
    with registry.write() as conn:
        assert jira_mappings.list_mappings(conn, add_site(conn)) == []


def test_what_strangers_brought_is_read_as_nothing(registry: Registry) -> None:
    added = add(registry, TESTS)
    with registry.write() as conn:
        for table, column in (("jira_mapping", "numbers_kept"), ("mapped_thing", "words")):
            conn.execute(sa.text(f"UPDATE {table} SET {column} = 'x'"))
    with registry.read() as conn:
        assert jira_mappings.list_mappings(conn, added.site_id)[0].numbers_kept == ()
        assert [thing.words for thing in jira_mappings.iter_things(conn, added)] == [()]
