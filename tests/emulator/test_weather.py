"""Weather and limits over real connections: each family of 429, points, outages, late indexes, mixes that repeat."""

from __future__ import annotations

import threading

import pytest
import urllib3

from atlassian_emulator.limits import PER_SECOND, LimitSettings
from atlassian_emulator.points import points_of
from atlassian_emulator.server import EmulatorServer
from atlassian_emulator.weather import Disturbance

from .conftest import Client

MYSELF = "/rest/api/3/myself"
NOON = 1_790_000_000_000_000 // 3_600_000_000 * 3_600_000_000
SECOND = 1_000_000


class Clock:
    """Stands still until it is moved."""

    def __init__(self):
        self.now = NOON + 1_753 * SECOND

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    with EmulatorServer("acme", clock=clock) as running:
        yield running


@pytest.fixture
def add_issue(client):
    me = client.get(MYSELF)["accountId"]
    client.post(
        "/rest/api/3/project", {"key": "PUMP", "name": "Pump", "leadAccountId": me, "projectTypeKey": "software"}, 201
    )

    def add(summary="New"):
        fields = {"project": {"key": "PUMP"}, "issuetype": {"name": "Task"}, "summary": summary}
        return client.post("/rest/api/3/issue", {"fields": fields}, 201)["key"]

    return add


@pytest.mark.parametrize(
    ("family", "jira_reason", "confluence_reason", "limit", "wait"),
    [
        ("burst", "jira-burst-based", "confluence-burst-based", "100", "1"),
        ("quota-global", "jira-quota-global-based", "confluence-quota-global-based", "65000", "1847"),
        ("quota-tenant", "jira-quota-tenant-based", "confluence-quota-tenant-based", "65000", "1847"),
        ("per-issue", "jira-per-issue-on-write", "confluence-per-issue-on-write", "20", "2"),
    ],
)
def test_each_family_of_429_has_its_headers(client, server, family, jira_reason, confluence_reason, limit, wait):
    server.set_weather(Disturbance(kind="rate-limit", family=family))
    for path, reason in ((MYSELF, jira_reason), ("/wiki/api/v2/pages", confluence_reason)):
        answer = client.ask("GET", path)
        assert (answer.status, answer.headers["RateLimit-Reason"]) == (429, reason)
        assert (answer.headers["Retry-After"], answer.headers["X-RateLimit-Limit"]) == (wait, limit)
        assert answer.headers["X-RateLimit-Remaining"] == "0"
        assert answer.headers["X-RateLimit-Reset"].endswith("Z")
        assert ("RateLimit-Policy" in answer.headers) == family.startswith("quota")
        assert answer.headers.get("Beta-RateLimit") == answer.headers.get("RateLimit")


def test_the_wait_and_the_reason_may_be_chosen(client, server):
    server.set_weather(Disturbance(kind="rate-limit", retry_after_seconds=9, reason="conf-global-based"))
    headers = client.ask("GET", "/wiki/api/v2/pages").headers
    assert (headers["Retry-After"], headers["RateLimit-Reason"]) == ("9", "conf-global-based")


def test_a_quota_of_points_is_spent_refuses_all_and_is_new_at_the_hour(client, server, clock):
    client.ask("PUT", "/_emulator/limits", json={"points_per_hour": 8})
    first = client.ask("GET", "/wiki/api/v2/spaces")
    assert (first.headers["X-RateLimit-Remaining"], "X-RateLimit-NearLimit" in first.headers) == ("7", False)
    # A user is an identity object: one point for the request and two for the user.
    assert client.ask("GET", MYSELF).headers["RateLimit"] == '"global-app-quota";r=4;t=1847'
    assert client.ask("GET", MYSELF).headers["X-RateLimit-NearLimit"] == "true"
    client.ask("GET", MYSELF)
    refused = client.ask("GET", "/wiki/api/v2/spaces")
    assert (refused.status, refused.headers["Retry-After"]) == (429, "1847")
    assert refused.headers["RateLimit-Reason"] == "confluence-quota-global-based"
    clock.now = NOON + 3_600 * SECOND
    assert client.ask("GET", "/wiki/api/v2/spaces").status == 200


def test_points_are_in_the_request_log(client, add_issue):
    add_issue()
    add_issue()
    client.ask("DELETE", "/_emulator/requests")
    client.post("/rest/api/3/search/jql", {"jql": "project = PUMP"})
    client.get("/rest/api/3/mypermissions", permissions="BROWSE_PROJECTS")
    client.ask("GET", "/rest/api/3/issue/NOPE-1")
    summary = client.get("/_emulator/requests")
    assert [entry["points"] for entry in summary["requests"]] == [3, 3, 1]
    assert summary["points"] == 7


@pytest.mark.parametrize(
    ("method", "template", "status", "body", "points"),
    [
        ("GET", "/rest/api/3/issue/{issueIdOrKey}", 200, {"id": "1"}, 2),
        ("GET", "/rest/api/3/field", 200, [{}] * 30, 31),
        ("GET", "/wiki/api/v2/pages", 200, {"results": [{}] * 25}, 26),
        ("GET", "/rest/api/3/user/search", 200, [{}] * 5, 11),
        ("GET", "/wiki/rest/api/group/{groupId}/membersByGroupId", 200, {"results": [{}, {}]}, 5),
        ("POST", "/rest/api/3/issue/bulkfetch", 200, {"issues": [{}] * 100}, 101),
        ("POST", "/rest/api/3/issue", 201, {"id": "1"}, 1),
        ("PUT", "/wiki/api/v2/pages/{id}", 200, {"id": "1"}, 1),
        ("GET", "/wiki/api/v2/pages/{id}", 404, {"errors": []}, 1),
        ("GET", "/_media/file/{fileId}/binary", 200, b"bytes", 1),
    ],
)
def test_points_are_counted_as_atlassian_counts(method, template, status, body, points):
    assert points_of(method, template, status, body) == points


def test_a_burst_is_limited_for_each_operation_by_itself(client, server, clock):
    client.ask("PUT", "/_emulator/limits", json={"per_second": {"GET": 3}})
    assert [client.ask("GET", MYSELF).status for _ in range(4)] == [200, 200, 200, 429]
    assert client.ask("GET", "/rest/api/3/serverInfo").status == 200
    clock.now += SECOND
    assert client.ask("GET", MYSELF).status == 200


def test_writes_to_one_issue_are_limited(client, server, clock, add_issue):
    one, other = add_issue(), add_issue()
    server.site.limits.set(LimitSettings(per_issue=True))

    def edit(key):
        return client.ask("PUT", f"/rest/api/3/issue/{key}", json={"fields": {"summary": "S"}})

    assert [edit(one).status for _ in range(21)] == [204] * 20 + [429]
    refused = edit(one.lower())
    assert (refused.status, refused.headers["RateLimit-Reason"]) == (429, "jira-per-issue-on-write")
    assert edit(other).status == 204
    assert client.ask("GET", f"/rest/api/3/issue/{one}").status == 200
    for _ in range(4):
        clock.now += 2 * SECOND
        assert {edit(one).status for _ in range(20)} == {204}
    clock.now += 2 * SECOND
    assert edit(one).status == 429, "a hundred within thirty seconds"


def test_limits_are_read_and_taken_away_by_the_control_path(client):
    stranger = client.stranger()
    shown = stranger.put("/_emulator/limits", {"points_per_hour": 100, "quota": "tenant", "per_second": PER_SECOND})
    assert shown == {"points_per_hour": 100, "quota": "tenant", "per_second": PER_SECOND, "points_spent": 0}
    client.get(MYSELF)
    assert stranger.get("/_emulator/limits")["points_spent"] == 3
    assert stranger.ask("DELETE", "/_emulator/limits").status == 204
    assert stranger.get("/_emulator/limits") == {"points_spent": 0}
    for wish in ({"points_per_hour": 0}, {"quota": "galactic"}, {"burst": 1}, [], {"per_second": {"GET": "x"}}):
        assert stranger.ask("PUT", "/_emulator/limits", json=wish).status == 400


def test_a_late_index_does_not_find_what_was_made(client, server, clock, add_issue):
    stranger = client.stranger()
    assert stranger.put("/_emulator/index-delay", {"seconds": 60}) == {"seconds": 60.0}
    key = add_issue()
    page = client.add_page(client.add_space(), "Late")
    issue_id = int(client.get(f"/rest/api/3/issue/{key}")["id"])

    def find(**more):
        return client.post("/rest/api/3/search/jql", {"jql": f"key = {key}", **more})["issues"]

    def find_pages():
        return client.get("/wiki/rest/api/search", cql="title = Late")["totalSize"]

    assert find() == []
    assert [issue["id"] for issue in find(reconcileIssues=[issue_id])] == [str(issue_id)]
    assert client.post("/rest/api/3/search/approximate-count", {"jql": f"key = {key}"}) == {"count": 0}
    assert client.post("/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": [key]})["issues"] != []
    assert find_pages() == 0
    assert client.get(f"/wiki/api/v2/pages/{page['id']}")["title"] == "Late"
    clock.now += 61 * SECOND
    assert (len(find()), find_pages()) == (1, 1)
    for wish in ({"seconds": -1}, {"seconds": "soon"}, {}, 7):
        assert stranger.ask("PUT", "/_emulator/index-delay", json=wish).status == 400


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_answers_with_its_status_and_wait(client, server, status):
    server.set_weather(Disturbance(kind="unavailable", status=status, retry_after_seconds=5))
    answer = client.ask("GET", MYSELF)
    assert (answer.status, answer.headers["Retry-After"]) == (status, "5")
    assert answer.json()["errorMessages"]


def test_a_mix_repeats_whatever_the_order_of_threads(server, client):
    paths = [f"/rest/api/3/issue/A-{number}" for number in range(4)]

    def ask_all(own, path, seen):
        for _ in range(6):
            try:
                seen.append(own.ask("GET", path, timeout=5).status)
            except urllib3.exceptions.HTTPError:
                seen.append(0)
        own.close()

    def run():
        server.set_weather(Disturbance(kind="mix", probability=0.7, seed=5, seconds=0.001))
        seen = {path: [] for path in paths}
        threads = [threading.Thread(target=ask_all, args=(Client(server.url), path, seen[path])) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return seen

    first = run()
    assert {status for seen in first.values() for status in seen} >= {0, 404, 429}
    assert run() == first


def test_another_seed_is_another_mix(server, client):
    def kinds(seed):
        server.set_weather(Disturbance(kind="mix", seed=seed, path="/rest/*"))
        return [server.site.weather.meet("GET", "/rest/x").kind for _ in range(20)]

    assert kinds(1) != kinds(2)
    assert set(kinds(3)) <= {"rate-limit", "unavailable", "drop", "lose", "cut", "latency", "slow"}
