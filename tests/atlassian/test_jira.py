"""The Jira client: what it asks word for word, in what lots, and what it makes of refusals."""

from __future__ import annotations

import threading

import msgspec
import pytest

from snapshots.atlassian.jira import JiraClient
from snapshots.atlassian.model import Field, Issue
from snapshots.errors import JobCancelled, SiteRefused, SiteUnavailable


@pytest.fixture
def jira(transport):
    return JiraClient(transport)


class TestSearch:
    def test_asks_for_ids_alone_by_the_five_thousand_and_keeps_their_order(self, site, jira, answered):
        site.script = [
            answered({"issues": [{"id": "30"}, {"id": "10"}], "nextPageToken": "t2", "isLast": False}),
            answered({"issues": [{"id": "10"}, {"id": "20"}], "nextPageToken": None, "isLast": True}),
        ]
        seen = []
        assert jira.search_ids("project = ACME", lambda *told: seen.append(told)) == [30, 10, 20]
        first, second = (asked.json() for asked in site.asked)
        assert first == {"jql": "project = ACME", "fields": ["id"], "maxResults": 5000}
        assert second == {**first, "nextPageToken": "t2"}
        assert [told[1] for told in seen] == [2, 3]

    def test_a_refused_jql_comes_with_jiras_words(self, site, jira, answered):
        site.script = [answered({"errorMessages": ["Field 'x' does not exist."], "errors": {}}, 400)]
        with pytest.raises(SiteRefused, match=r"Field 'x' does not exist\. Correct") as caught:
            jira.search_ids("x = 1")
        assert caught.value.status == 400

    def test_a_search_that_turns_in_circles_ends(self, site, jira, answered):
        site.rule = lambda asked: answered({"issues": [], "nextPageToken": "same"})
        with pytest.raises(SiteRefused, match="twice"):
            jira.search_ids("project = ACME")
        assert len(site.asked) == 2


class TestFetch:
    @staticmethod
    def bulk(answered):
        def fetch(asked):
            ids = asked.json()["issueIdsOrKeys"]
            found = [
                {"id": each, "key": f"A-{each}", "fields": {"summary": each}} for each in sorted(ids) if each != "7"
            ]
            return answered({"issues": found, "issueErrors": []})

        return fetch

    def test_by_the_hundred_with_only_the_fields_asked_for(self, site, jira, answered):
        site.rule = self.bulk(answered)
        told = []
        issues = jira.fetch_issues(
            [*range(250), 3], ["summary"], lambda *step: told.append((*step, threading.get_ident()))
        )
        assert set(issues) == set(range(250)) - {7}
        assert issues[8] == Issue(8, "A-8", {"summary": msgspec.Raw(b'"8"')})
        assert sorted(len(asked.json()["issueIdsOrKeys"]) for asked in site.asked) == [50, 100, 100]
        assert all(asked.json()["fields"] == ["summary"] for asked in site.asked)
        assert told[-1][:4] == ("reading issues", 250, 250, "issues")
        assert {step[4] for step in told} == {threading.get_ident()}

    def test_nothing_to_fetch_asks_nothing(self, site, jira):
        assert jira.fetch_issues([], ["summary"]) == {}
        assert site.asked == []

    def test_is_stopped_by_its_progress(self, site, jira, answered):
        site.rule = self.bulk(answered)

        def stop(*_):
            raise JobCancelled("stopped")

        with pytest.raises(JobCancelled):
            jira.fetch_issues(range(100_000), ["summary"], stop)
        assert len(site.asked) < 100

    def test_the_first_error_ends_it(self, site, jira, answered):
        site.rule = lambda asked: answered(status=429, Retry_After="9999")
        with pytest.raises(SiteUnavailable, match="try again after"):
            jira.fetch_issues(range(10_000), ["summary"])
        # Those under way may still have gone out; the others met the long pause, or were never begun.
        assert len(site.asked) <= 4


class TestMatch:
    @staticmethod
    def evens(answered, most=1000):
        def match(asked):
            question = asked.json()
            if max(len(question["issueIds"]), len(question["jqls"])) > most:
                return answered({"errorMessages": ["Too many."]}, 400)
            divisors = [int(jql) for jql in question["jqls"]]
            matched = [[each for each in question["issueIds"] if each % divisor == 0] for divisor in divisors]
            return answered({"matches": [{"matchedIssues": found, "errors": []} for found in matched]})

        return match

    def test_answers_in_the_order_of_the_jqls_whatever_the_chunks(self, site, jira, answered):
        site.rule = self.evens(answered)
        ids = range(1, 2_201)
        jqls = [str(n) for n in range(1, 552)]
        assert jira.match_issues(jqls, ids) == [frozenset(range(int(jql), 2_201, int(jql))) for jql in jqls]
        assert len(site.asked) == 6

    def test_a_site_with_a_smaller_limit_is_asked_in_halves(self, site, jira, answered):
        site.rule = self.evens(answered, most=300)
        assert jira.match_issues(["2"], range(1000)) == [frozenset(range(0, 1000, 2))]
        jqls = [str(n) for n in range(1, 501)]
        assert jira.match_issues(jqls, [6, 35]) == [frozenset(n for n in (6, 35) if n % int(jql) == 0) for jql in jqls]

    def test_a_refused_jql_is_named(self, site, jira, answered):
        site.script = [
            answered({"matches": [{"matchedIssues": [1]}, {"matchedIssues": [], "errors": ["No such field."]}]})
        ]
        with pytest.raises(SiteRefused, match=r"refused the JQL 'bad = 1': No such field\.") as caught:
            jira.match_issues(["good = 1", "bad = 1"], [1])
        assert caught.value.status == 400

    def test_a_plain_refusal_is_not_halved_for_ever(self, site, jira, answered):
        site.rule = lambda asked: answered({"errorMessages": ["No."]}, 400)
        with pytest.raises(SiteRefused, match="No"):
            jira.match_issues(["a"], range(1000))
        assert len(site.asked) < 10

    def test_an_answer_too_few_is_refused(self, site, jira, answered):
        site.script = [answered({"matches": []})]
        with pytest.raises(SiteRefused, match="answered 0 of 1"):
            jira.match_issues(["a"], [1])

    def test_nothing_to_match(self, site, jira):
        assert jira.match_issues(["a", "b"], []) == [frozenset(), frozenset()]
        assert jira.match_issues([], [1]) == []
        assert site.asked == []


def test_checks_jql_strictly(site, jira, answered):
    site.script = [answered({"queries": [{"query": "a", "structure": {}}, {"query": "b", "errors": ["e1", "e2"]}]})]
    assert jira.check_jql(["a", "b"]) == [(), ("e1", "e2")]
    assert site.asked[0].target == "/rest/api/3/jql/parse?validation=strict"
    assert site.asked[0].json() == {"queries": ["a", "b"]}


def test_fields_with_and_without_a_schema(site, jira, answered):
    sprint = {"type": "array", "items": "json", "custom": "com.pyxis:gh-sprint", "customId": 10020}
    site.script = [
        answered(
            [
                {"id": "issuekey", "key": "issuekey", "name": "Key", "custom": False, "clauseNames": ["id", "key"]},
                {
                    "id": "customfield_10020",
                    "name": "Sprint",
                    "custom": True,
                    "clauseNames": ["Sprint"],
                    "schema": sprint,
                },
            ]
        )
    ]
    assert jira.list_fields() == [
        Field("issuekey", "Key", False, ("id", "key")),
        Field("customfield_10020", "Sprint", True, ("Sprint",), "array", "json", "com.pyxis:gh-sprint"),
    ]


def test_link_types_where_linking_is_off(site, jira, answered):
    site.script = [answered({"errorMessages": ["Issue linking is currently disabled."]}, 404)]
    assert jira.list_link_types() == []
