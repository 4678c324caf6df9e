"""The rules of matching, alone and as laws."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from snapshots.restore.evidence import Evidence, FoundMacro, PageFacts
from snapshots.restore.matching import RULES, Ambiguous, Clues, Match, Matched, Subject, Unmatched, match_pages


def page(
    page_id: str, title: str = "Other", *macro_ids: str, space: str = "ACME", stale: str | None = None
) -> PageFacts:
    macros = tuple(FoundMacro(macro_id, None, stale) for macro_id in macro_ids)
    return PageFacts(page_id, title, "1", space, "Acme", 1, macros)


def subject(page_id: str, title: str = "Release 1", *macro_ids: str, space: str = "ACME") -> Subject:
    return Subject((space, page_id), title, frozenset(macro_ids))


def match_one(wanted: Subject, *pages: PageFacts, **clues: Any) -> Match:
    return match_pages([wanted], Clues(Evidence(pages), **clues))[wanted.key]


def test_rules_stand_in_the_order_of_the_documents() -> None:
    assert [name for name, _ in RULES] == ["mapping file", "page id", "macro id", "payload", "title", "stale id"]


def test_mapping_file_is_stronger_than_all_evidence_and_shows_it() -> None:
    found = match_one(subject("1", "Release 1", "m"), page("20"), page("21", "Release 1", "m"), page_map={"1": "20"})
    assert found == Matched("20", "mapping file", (), (("macro id", ("21",)), ("title", ("21",))))


def test_page_id_counts_on_the_same_site_only() -> None:
    pages = (page("1"), page("2", "Release 1", "m"))
    assert match_one(subject("1", "Release 1", "m"), *pages, same_site=True) == Matched(
        "1", "page id", (), (("macro id", ("2",)), ("title", ("2",)))
    )
    assert match_one(subject("1", "Release 1", "m"), *pages) == Matched("2", "macro id", ("title",))


def test_macro_id_follows_a_page_with_another_title_and_space() -> None:
    assert match_one(subject("1", "Release 1", "m"), page("9", "New name", "m", space="NEW")) == Matched(
        "9", "macro id"
    )


def test_title_chooses_between_copies() -> None:
    copies = (page("8", "Copy of Release 1", "m"), page("9", "Release 1", "m"))
    assert match_one(subject("1", "Release 1", "m"), *copies) == Matched("9", "macro id", ("title",))


def test_copies_that_no_title_tells_apart_are_ambiguous_even_where_a_payload_would_tell() -> None:
    evidence = Evidence([page("8", "A", "m"), page("9", "B", "m")])
    wanted = subject("1", "Release 1", "m")
    # The newest payload of the copy may be the older one, so it proves nothing here.
    evidence.add_payload(wanted.key, "8")
    found = match_pages([wanted], Clues(evidence))[wanted.key]
    assert isinstance(found, Ambiguous)
    assert found.candidates == ("8", "9")


def test_macro_id_of_two_source_pages_counts_only_with_the_title() -> None:
    original, copy = subject("1", "Release 1", "m"), subject("2", "Release 2", "m")
    clues = Clues(Evidence([page("9", "Release 1", "m")]), repeated_macro_ids={"m"})
    matches = match_pages([original, copy], clues)
    assert matches[original.key] == Matched("9", "macro id", ("title",))
    assert matches[copy.key] == Ambiguous(
        ("9",), "its macro is on several pages of the source, and no title tells which came here"
    )


def test_payload_finds_a_page_whose_macro_got_a_new_id() -> None:
    wanted = subject("1", "Release 1", "m")
    evidence = Evidence([page("9", "New name", "other")])
    evidence.add_payload(wanted.key, "9")
    assert match_pages([wanted], Clues(evidence))[wanted.key] == Matched("9", "payload")


def test_title_in_the_mapped_space() -> None:
    pages = (page("8", "Release 1", space="ACME"), page("9", "Release 1", space="NEW"))
    assert match_one(subject("1"), *pages, space_map={"ACME": "NEW"}) == Matched("9", "title")
    assert match_one(subject("1"), *pages) == Matched("8", "title")


def test_stale_id_in_the_body_is_the_last_resort() -> None:
    moved = page("9", "New name", "other", stale="1")
    assert match_one(subject("1", "Release 1", "m"), moved) == Matched("9", "stale id")
    assert isinstance(match_one(subject("1", "Release 1", "m"), moved, same_site=True), Unmatched)


def test_mapping_to_a_page_that_is_not_there_falls_back_to_nothing() -> None:
    found = match_one(subject("1", "Release 1", "m"), page("9", "Release 1", "m"), page_map={"1": "77"})
    assert found == Unmatched("the mapping file sends it to page 77, which is not there")


def test_stronger_claim_keeps_the_page() -> None:
    by_macro, by_title = subject("1", "Old name", "m"), subject("2", "Release 1")
    matches = match_pages([by_macro, by_title], Clues(Evidence([page("9", "Release 1", "m")])))
    assert isinstance(matches[by_macro.key], Matched)
    assert matches[by_title.key] == Ambiguous(("9",), "page 9 is also claimed by page 1 of the source")


def test_equal_claims_are_left_to_a_person() -> None:
    first, second = subject("1", "A", "m"), subject("2", "B", "n")
    matches = match_pages([first, second], Clues(Evidence([page("9", "C", "m", "n")])))
    assert [type(match) for match in matches.values()] == [Ambiguous, Ambiguous]


ids = st.sampled_from("123456")
macro_ids = st.lists(st.sampled_from(["m", "n", "o"]), max_size=2, unique=True)
titles = st.sampled_from(["A", "B", "C"])
spaces = st.sampled_from(["X", "Y"])
pages_here = st.lists(
    st.builds(
        lambda page_id, title, macros, space, stale: page(f"9{page_id}", title, *macros, space=space, stale=stale),
        ids,
        titles,
        macro_ids,
        spaces,
        st.none() | ids,
    ),
    max_size=6,
    unique_by=lambda each: each.page_id,
)
subjects = st.lists(
    st.builds(
        lambda page_id, title, macros, space: subject(page_id, title, *macros, space=space),
        ids,
        titles,
        macro_ids,
        spaces,
    ),
    max_size=5,
    unique_by=lambda each: each.key[1],
)
page_maps = st.dictionaries(ids, ids.map(lambda page_id: f"9{page_id}"), max_size=2)


def clues_of(pages: list[PageFacts], wanted: list[Subject], page_map: dict[str, str]) -> Clues:
    held = [macro_id for each in wanted for macro_id in each.macro_ids]
    return Clues(Evidence(pages), page_map, repeated_macro_ids={name for name in held if held.count(name) > 1})


@given(pages_here, subjects, page_maps, st.randoms())
def test_order_does_not_matter(
    pages: list[PageFacts], wanted: list[Subject], page_map: dict[str, str], chance: Any
) -> None:
    matches = match_pages(wanted, clues_of(pages, wanted, page_map))
    chance.shuffle(pages)
    chance.shuffle(wanted)
    assert match_pages(wanted, clues_of(pages, wanted, page_map)) == matches


@given(pages_here, subjects, page_maps)
def test_renaming_pages_here_renames_the_results(
    pages: list[PageFacts], wanted: list[Subject], page_map: dict[str, str]
) -> None:
    matches = match_pages(wanted, clues_of(pages, wanted, page_map))
    renamed_pages = [replace(each, page_id=each.page_id + "0") for each in pages]
    renamed_map = {source: here + "0" for source, here in page_map.items()}
    renamed = match_pages(wanted, clues_of(renamed_pages, wanted, renamed_map))
    for key, match in matches.items():
        other = renamed[key]
        assert type(other) is type(match)
        if isinstance(match, Matched) and isinstance(other, Matched):
            assert (other.page_id, other.rule) == (match.page_id + "0", match.rule)
        if isinstance(match, Ambiguous) and isinstance(other, Ambiguous):
            assert other.candidates == tuple(candidate + "0" for candidate in match.candidates)


@given(pages_here, subjects, page_maps)
def test_no_page_here_is_given_twice(pages: list[PageFacts], wanted: list[Subject], page_map: dict[str, str]) -> None:
    matches = match_pages(wanted, clues_of(pages, wanted, page_map))
    taken = [match.page_id for match in matches.values() if isinstance(match, Matched)]
    assert len(taken) == len(set(taken))
    assert set(taken) <= {each.page_id for each in pages}


@given(pages_here, subjects)
def test_pages_without_any_evidence_change_nothing(pages: list[PageFacts], wanted: list[Subject]) -> None:
    matches = match_pages(wanted, clues_of(pages, wanted, {}))
    strangers = [page("700", "Stranger", "p"), page("701", "Stranger", space="Z")]
    assert match_pages(wanted, clues_of([*pages, *strangers], wanted, {})) == matches


@given(pages_here, subjects)
def test_a_match_always_rests_on_evidence(pages: list[PageFacts], wanted: list[Subject]) -> None:
    by_id = {each.page_id: each for each in pages}
    for each in wanted:
        match = match_pages([each], clues_of(pages, wanted, {}))[each.key]
        if isinstance(match, Matched):
            found = by_id[match.page_id]
            holds_macro = bool(each.macro_ids & {macro.macro_id for macro in found.macros})
            same_title = (found.space_key, found.title) == (each.key[0], each.title)
            stale = each.key[1] in {macro.stale_page_id for macro in found.macros}
            assert {"macro id": holds_macro, "title": same_title, "stale id": stale}[match.rule]
