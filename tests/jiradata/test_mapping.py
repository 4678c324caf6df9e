"""What became of each thing of the source Jira: look-ups, refusals, and the way back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.jiradata.mapping import KINDS, ONE_TO_ONE, JiraMapping, Mapped, MappingConflict

ACME = Mapped("project", "10000", "ACME", "Acme", "10200", "GLX", "Globex")
ISSUE = Mapped("issue", "10001", "ACME-1", "", "20001", "GLX-7", "", "key")
POINTS = Mapped("field", "customfield_10010", "", "Story Points", "customfield_10433", "", "Story point estimate")
OPEN = Mapped("status", "1", "", "Open", "10", "", "To Do")
REOPENED = Mapped("status", "4", "", "Reopened", "10", "", "To Do")


def test_looks_up_by_id_key_and_name_whatever_the_case():
    mapping = JiraMapping([ACME, ISSUE, POINTS, OPEN])
    assert mapping.find_by_id("project", "10000") is ACME
    assert mapping.find_by_key("project", "acme") is ACME
    assert mapping.find_by_name("project", " ACME ") is ACME
    assert mapping.find_by_id("field", "CustomField_10010") is POINTS
    assert mapping.find_name("status", "OPEN") == "To Do"
    assert mapping.find_issue_key("acme-1") == "GLX-7"
    assert list(mapping.iter_kind("status")) == [OPEN]


def test_what_is_unknown_is_none_and_never_comes_back():
    mapping = JiraMapping([ACME])
    assert mapping.find_by_id("project", "1") is None
    assert mapping.find_by_id("status", "10000") is None
    assert mapping.find_name("project", "Other") is None
    assert mapping.find_issue_key("ACME-1") is None
    assert mapping.find_by_key("project", "B") is None
    assert mapping.find_by_name("project", "C") is None


def test_account_ids_are_told_apart_by_case():
    ada = Mapped("user", "5b10Aa", "", "Ada", "5b10Ab", "", "Ada")
    other = Mapped("user", "5b10aA", "", "Ada", "5b10aB", "", "Ada")
    mapping = JiraMapping([ada, other])
    assert mapping.find_by_id("user", "5b10Aa") is ada
    assert mapping.find_by_id("user", "5B10AA") is None
    assert mapping.find_by_name("user", "Ada") is None


def test_an_ambiguous_name_is_mapped_only_where_all_of_the_name_agree():
    one = Mapped("status", "1", "", "Done", "11", "", "Done")
    two = Mapped("status", "2", "", "done", "12", "", "Done")
    three = Mapped("status", "3", "", "Done", "13", "", "Closed")
    assert JiraMapping([one, two]).find_by_name("status", "Done") is None
    assert JiraMapping([one, two]).find_name("status", "Done") == "Done"
    assert JiraMapping([one, two, three]).find_name("status", "Done") is None
    assert JiraMapping([one, two, three]).find_all_by_name("status", "DONE") == (one, two, three)


def test_issue_numbers_are_kept_only_where_told():
    assert JiraMapping([ACME]).find_issue_key("ACME-12") is None
    mapping = JiraMapping([ACME, ISSUE], numbers_kept=["acme"])
    assert mapping.find_issue_key("ACME-12") == "GLX-12"
    assert mapping.find_issue_key("ACME-1") == "GLX-7"
    # GLX-7 is what became of ACME-1, so it cannot be what became of ACME-7.
    assert mapping.find_issue_key("ACME-7") is None
    assert mapping.find_issue_key("BETA-12") is None
    assert mapping.find_issue_key("ACME-x") is None
    assert mapping.inverse().find_issue_key("glx-12") == "ACME-12"
    assert mapping.inverse().find_issue_key("GLX-7") == "ACME-1"
    with pytest.raises(MappingConflict, match="'beta' keep their numbers, but the project itself has no partner"):
        JiraMapping([ACME], numbers_kept=["BETA"])


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ((ACME, Mapped("project", "2", "B", "", "3", "GLX", "")), "project 'ACME' and project 'B' both go to project"),
        ((ACME, Mapped("project", "2", "B", "", "10200", "", "")), "both go to project '10200'"),
        ((ACME, Mapped("project", "10000", "ACME", "Acme", "3", "X", "")), "goes to project 'X', project 'ACME' to"),
        ((OPEN, Mapped("status", "1", "", "Open", "11", "", "New")), r"status 'Open \(1\)' goes to"),
        ((Mapped("filter", "1", "", "", "", "", ""),), "filter '1' goes to nothing"),
        ((Mapped("filter", "", "", "", "1", "", ""),), "nothing goes to filter '1'"),
    ],
)
def test_contradictions_are_refused_by_name(entries, words):
    with pytest.raises(MappingConflict, match=words):
        JiraMapping(entries)


def test_every_fault_is_named_and_the_message_stays_short():
    entries = [Mapped("filter", str(number), "", "", "1", "", "") for number in range(20)]
    with pytest.raises(MappingConflict, match="and 14 more") as caught:
        JiraMapping(entries)
    assert len(caught.value.faults) == 19


def test_entries_that_agree_are_one():
    by_key = Mapped("project", "", "ACME", "", "", "GLX", "")
    assert JiraMapping([ACME, ACME, by_key]).entries == (ACME,)


def test_two_statuses_may_become_one_but_there_is_no_way_back():
    mapping = JiraMapping([ACME, OPEN, REOPENED])
    assert mapping.find_name("status", "Reopened") == "To Do"
    assert mapping.many_to_one == {OPEN, REOPENED}
    assert mapping.inverse().entries == (ACME.inverse(),)


def test_words_are_turned_round_too():
    link = Mapped("link_type", "1", "", "Test", "2", "", "Check", words=(("tests", "checks"),))
    assert link.inverse().words == (("checks", "tests"),)


def test_an_empty_mapping_is_false():
    assert not JiraMapping()
    assert JiraMapping([OPEN])


_texts = st.text(st.sampled_from("aAbB1- é"), max_size=3)
_entries = st.builds(Mapped, st.sampled_from(KINDS), _texts, _texts, _texts, _texts, _texts, _texts)


@given(st.lists(_entries, max_size=6))
def test_a_mapping_is_refused_or_leads_there_and_back(entries):
    try:
        mapping = JiraMapping(entries)
    except MappingConflict as conflict:
        assert conflict.faults
        return
    back = mapping.inverse()
    for entry in mapping.entries:
        if entry.source_id:
            assert mapping.find_by_id(entry.kind, entry.source_id) is entry
        if entry.source_key:
            assert mapping.find_by_key(entry.kind, entry.source_key) is entry
        if entry in mapping.many_to_one:
            assert entry.kind not in ONE_TO_ONE
        elif entry.destination_id:
            assert back.find_by_id(entry.kind, entry.destination_id) == entry.inverse()
