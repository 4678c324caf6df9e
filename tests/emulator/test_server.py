from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import urllib3

from atlassian_emulator.server import EmulatorServer
from atlassian_emulator.weather import Disturbance


def test_an_unknown_path_answers_in_the_shape_of_its_product(client):
    v2, v1, jira = (
        client.ask("GET", path) for path in ("/wiki/api/v2/nothing", "/wiki/rest/api/nothing", "/rest/api/3/x")
    )
    assert [v2.status, v1.status, jira.status] == [404, 404, 404]
    assert v2.json()["errors"][0]["code"] == "NOT_FOUND"
    assert v1.json()["statusCode"] == 404
    assert jira.json()["errorMessages"]


def test_connections_are_kept_alive(client, server):
    for _ in range(3):
        client.ask("POST", "/rest/api/3/nothing", json={"body": "that no route reads"})
    pool = client.pool.connection_from_url(server.url)
    assert (pool.num_connections, pool.num_requests) == (1, 3)


def test_a_rate_limit_is_met_by_as_many_requests_as_were_asked(client, server):
    server.set_weather(Disturbance(kind="rate-limit", count=2, path="/rest/*", retry_after_seconds=7))
    answers = [client.ask("GET", "/rest/api/3/x") for _ in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 404]
    assert answers[0].headers["Retry-After"] == "7"
    assert answers[0].headers["RateLimit-Reason"] == "jira-burst-based"
    assert [entry.weather for entry in server.requests()] == ["rate-limit", "rate-limit", ""]


@pytest.mark.parametrize("kind", ["drop", "lose", "cut"])
def test_a_lost_connection_is_lost_to_the_client(client, server, kind):
    server.set_weather(Disturbance(kind=kind, count=1))
    with pytest.raises(urllib3.exceptions.HTTPError):
        client.ask("GET", "/rest/api/3/x")
    assert client.ask("GET", "/rest/api/3/x").status == 404
    assert [entry.route for entry in server.requests()] == ["", ""]


def test_a_slow_answer_arrives_whole(client, server):
    server.set_weather(Disturbance(kind="slow", seconds=0.01), Disturbance(kind="latency", seconds=0.01))
    assert client.ask("GET", "/rest/api/3/x").json()["errorMessages"]


def test_a_mix_with_a_seed_repeats(client, server):
    def statuses():
        server.set_weather(Disturbance(kind="unavailable", probability=0.5, seed=11))
        return [client.ask("GET", "/rest/api/3/x").status for _ in range(20)]

    first = statuses()
    assert set(first) == {404, 503}
    assert statuses() == first


def test_weather_and_the_request_log_are_reached_by_the_control_path(client):
    stranger = client.stranger()
    assert stranger.post("/_emulator/weather", {"kind": "unavailable", "count": 1, "status": 502})[0]["status"] == 502
    assert client.ask("GET", "/rest/api/3/x").status == 502
    summary = stranger.get("/_emulator/requests")
    assert (summary["total"], summary["by_status"]) == (1, {"502": 1})
    assert stranger.ask("DELETE", "/_emulator/requests").status == 204
    assert stranger.get("/_emulator/requests")["total"] == 0


@pytest.mark.parametrize("wish", [{"kind": "hail"}, {"kind": "drop", "wind": 1}, {"kind": "slow", "seconds": -1}, 7])
def test_weather_that_does_not_exist_is_refused(client, wish):
    assert client.ask("POST", "/_emulator/weather", json=wish).status == 400


def test_a_wrong_token_is_refused(client):
    answer = client.as_user("admin@example.com", "guess").ask("GET", "/wiki/rest/api/user/current")
    assert answer.status == 401
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"


def test_a_site_in_a_directory_is_found_again(tmp_path):
    with EmulatorServer("acme", data_dir=tmp_path) as server:
        first = server.site.ids.take("thing")
        server.site.users.put("nora@example.com", "Nora New", "viewer", token="secret")
    with EmulatorServer("acme", data_dir=tmp_path) as server:
        assert server.site.ids.take("thing") == first + 1
        assert server.site.users.sign_in("nora@example.com", "secret")


def test_two_sites_share_people_but_no_ids():
    with EmulatorServer("acme") as one, EmulatorServer("globex") as other:
        assert abs(one.site.ids.first - other.site.ids.first) >= 10_000_000
        assert [user.account_id for user in one.site.users.list_all()] == [
            user.account_id for user in other.site.users.list_all()
        ]
        assert one.site.cloud_id != other.site.cloud_id


def test_a_taken_port_is_an_os_error(server):
    with pytest.raises(OSError):
        EmulatorServer("other", port=server.port)


@pytest.mark.parametrize("kept", ["in memory", "in a directory"])
def test_many_clients_at_once(kept, tmp_path, client):
    with EmulatorServer("busy", data_dir=tmp_path if kept == "in a directory" else None) as busy:
        site = type(client)(busy.url)
        space = site.add_space()

        def work(worker):
            own = type(client)(busy.url)
            for number in range(6):
                page = own.add_page(space, f"Page {worker} {number}")
                own.attach(page["id"], "a.json", b"%d" % number)
                assert own.get(f"/wiki/api/v2/pages/{page['id']}")["title"] == page["title"]
            own.close()

        with ThreadPoolExecutor(6) as pool:
            list(pool.map(work, range(6)))
        assert len(site.get("/wiki/api/v2/pages", limit=100)["results"]) == 37
        assert {entry.status for entry in busy.requests()} <= {200, 201}
        site.close()
