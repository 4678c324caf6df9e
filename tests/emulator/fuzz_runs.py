"""A site with a little of everything, and runs of schemathesis and of mutants against it; see scripts/fuzz-emulator."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable
from typing import Any

from atlassian_emulator import confluence, jira
from atlassian_emulator.dataset import iter_issues
from atlassian_emulator.jira import put_issues
from atlassian_emulator.server import EmulatorServer

from .conftest import Client
from .fuzzing import Fuzz
from .jira.test_jira_conformance import KNOWN_GAPS as JIRA_GAPS
from .jira.test_jira_conformance import walk_jira
from .mutation import MutatingClient
from .test_conformance import KNOWN_GAPS as CONFLUENCE_GAPS
from .test_conformance import walk_v1, walk_v2

DOCUMENTS = ("confluence-v2", "confluence-v1", "jira-v3")
WALKS = (walk_v2, walk_v1, walk_jira)


def fill_site(server: EmulatorServer) -> dict:
    """Put a little of everything into a site; return what of it has a name, by the names of parameters."""
    put_issues(server.site, iter_issues(seed=3, count=12))
    client = Client(server.url)
    space = client.add_space()
    page, other = client.add_page(space, "One"), client.add_page(space, "Two")
    post = client.post("/wiki/api/v2/blogposts", {"spaceId": space["id"], "title": "News", "status": "current"})
    attachment = client.attach(page["id"], "a.json", b"{}").json()["results"][0]["id"]
    owned = client.post(f"/wiki/api/v2/pages/{page['id']}/properties", {"key": "colour", "value": 1})
    me = client.get("/rest/api/3/myself")["accountId"]
    issues = client.post("/rest/api/3/search/jql", {"jql": "created > -9000d", "fields": ["comment", "issuelinks"]})
    issues = issues["issues"]
    client.close()
    pages, keys = [page["id"], other["id"]], [issue["key"] for issue in issues]
    return {
        "id": [*pages, post["id"], attachment, "1"],
        "page-id": pages,
        "blogpost-id": [post["id"]],
        "attachment-id": [attachment],
        "attachmentId": [attachment],
        "space-id": [space["id"]],
        "spaceId": [space["id"]],
        "spaceKey": ["NOPE"],
        "property-id": [owned["id"]],
        "version-number": ["1", "2"],
        "parentId": pages,
        "contentIds": [*pages, space["id"], "1"],
        "accountId": [me, "nobody"],
        "accountIds": [me, "nobody"],
        "key": ["colour", "REL"],
        "issueIdOrKey": keys,
        "issueIdsOrKeys": keys,
        "issueIds": [int(issue["id"]) for issue in issues],
        "projectIdOrKey": ["PUMP", keys[0].partition("-")[0]],
        "projectKey": [keys[0].partition("-")[0]],
        "fields": ["*all", "summary", "-comment"],
        "expand": ["names,schema", "space,version,body.storage"],
        "permissions": ["BROWSE_PROJECTS", "EDIT_ISSUES"],
    }


def run_fuzz(server: EmulatorServer, name: str, *, examples: int, seed: int, one_mode: bool = False) -> Fuzz:
    gaps = JIRA_GAPS if name == "jira-v3" else CONFLUENCE_GAPS[name]
    fuzz = Fuzz(server.url, fill_site(server), examples, seed, one_mode, gaps)
    routes = jira.ROUTES if name == "jira-v3" else confluence.ROUTES
    fuzz.run(name, {route.name for route in routes})
    fuzz.close()
    return fuzz


def run_mutants(walk: Callable[[Any], Any], *, mutants: int, seed: int) -> MutatingClient:
    """Walk over all operations of a product with `mutants` broken requests before each that works."""
    with EmulatorServer("acme") as server:
        put_issues(server.site, iter_issues(seed=3, count=150))
        client = MutatingClient(server.url, server=server, mutants=mutants, dice=random.Random(seed))
        walk(client)
        client.close()
    return client


def main() -> int:
    parser = argparse.ArgumentParser(description="Ask every operation of the emulator what is allowed and what is not.")
    parser.add_argument("--examples", type=int, default=20, help="requests for each operation and mode (default: 20)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeat the run of this seed")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    faults: list[str] = []
    for name in DOCUMENTS:
        with EmulatorServer("acme") as server:
            fuzz = run_fuzz(server, name, examples=options.examples, seed=options.seed)
        print(f"{name}: {sum(fuzz.statuses.values())} requests, {len(fuzz.faults)} faults", flush=True)
        faults += fuzz.faults
    for walk in WALKS:
        client = run_mutants(walk, mutants=options.examples, seed=options.seed)
        print(f"{walk.__name__}: {client.sent} broken requests, {len(client.faults)} faults", flush=True)
        faults += client.faults
    print(*faults, sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
