"""The story's first chapters: take, compare, back up, move the pages, restore, undo."""

from __future__ import annotations

from snapshots.demo import world
from snapshots.demo.narration import Story, check, comparison, emulator, known, records
from snapshots.demo.stage import ADMIN, start_site


def two_sites(story: Story) -> str:
    """Two sites start: acme with Jira and Confluence, globex new and empty."""
    # One by one, so that the first is stopped when the demo ends while the second is starting.
    story.sites.append(start_site("acme", folder=story.folder, options=["--demo"]))
    story.sites.append(start_site("globex", folder=story.folder))
    acme = story.sites[0]
    story.show(story.here, "site", "add", "acme", "--url", acme.url, "--account", ADMIN, "--token-env", "ACME_TOKEN")
    checks = story.here.run("site", "check", "--json").json()
    check(all(each["ok"] for each in checks), "the new site passes every check")
    return f"acme answers at {acme.url}, globex at {story.sites[1].url}"


def make_pages(story: Story) -> str:
    """Three pages on acme, with data of one, two and three levels."""
    story.page_ids = world.make_pages(story.sites[0].url)
    points_id = world.find_field_id(story.sites[0].url, world.POINTS)
    for page in world.PAGES:
        file = story.folder / f"{page.title.lower().replace(' ', '-')}.json"
        file.write_text(page.definition(points_id), encoding="utf-8")
        story.show(story.here, "macro", "put", page.address, "--definition", str(file))
    return f"{len(world.PAGES)} pages in the spaces {', '.join(world.SPACES)} hold the macro"


def take(story: Story) -> str:
    """Take: what Jira says now is frozen on each page."""
    requests = rows = 0
    for page in world.PAGES:
        taken = story.here.run("take", page.address, "--json").json()["versions"]
        check(len(taken) == 1 and taken[0]["number"] == 1, f"{page.title} has version 1")
        check(len(taken[0]["row_counts"]) == len(page.levels), f"{page.title} has rows of every level")
        check(all(taken[0]["row_counts"]), f"no level of {page.title} is empty")
        requests += taken[0]["requests"]
        rows += sum(taken[0]["row_counts"])
        counts = " + ".join(map(str, taken[0]["row_counts"]))
        story.console.print(f"    {page.title}: {counts} rows in {taken[0]['requests']} requests")
    return f"{rows} rows captured with {requests} requests to Jira, never one for each row"


def jira_changes(story: Story) -> str:
    """Jira changes: a summary, a status, labels; one defect is found and one deleted."""
    story.changed = world.change_jira(story.sites[0].url)
    c = story.changed
    return f"{c.reworded} reworded, {c.moved_on} moved on, {c.created} created, {c.deleted} deleted"


def take_again(story: Story) -> str:
    """Take again, and mark the first version as the one that was signed off."""
    for page in world.PAGES:
        taken = story.here.run("take", page.address, "--json").json()["versions"]
        check(taken[0]["number"] == 2, f"{page.title} has version 2")
    story.show(story.here, "sticker", "add", world.BUGS.address, "1", "Signed off", "--colour", "green")
    story.show(story.here, "history", world.BUGS.address)
    versions = story.here.run("history", world.BUGS.address, "--json").json()["versions"]
    check([v["number"] for v in versions] == [2, 1], "the history lists both versions, newest first")
    check(versions[1]["stickers"] == [{"name": "Signed off", "colour": "green"}], "version 1 carries the sticker")
    return "each page has two versions; version 1 carries the sticker 'Signed off'"


def compare_versions(story: Story) -> str:
    """Compare: what changed since the sign-off, down to the words."""
    changed = known(story.changed)
    story.show(story.here, "compare", world.BUGS.address, "1", "2", "--html", str(story.page))
    story.show(story.here, "compare", world.BUGS.address, "1", "2")
    story.comparison = comparison(story.here)
    by_kind: dict[str, set[str]] = {}
    for row in story.comparison["rows"]:
        by_kind.setdefault(row["change"], set()).add((row["new"] or row["old"])["key"])
    check(by_kind.get("added") == {changed.created}, f"{changed.created} is shown as added")
    check(by_kind.get("removed") == {changed.deleted}, f"{changed.deleted} is shown as removed")
    check(by_kind.get("changed") == {changed.reworded, changed.moved_on}, "both edited defects are shown as changed")
    check("seen again on the second device" in story.page.read_text(encoding="utf-8"), "the page shows the new words")
    return "exactly what happened in Jira is shown, and nothing else"


def back_up(story: Story) -> str:
    """Back up the registry of all spaces into one archive, and verify it."""
    story.show(story.here, "backup", "create", "--all-spaces", "--output", str(story.archive))
    story.show(story.here, "backup", "verify", str(story.archive))
    counts = story.here.run("backup", "list", "--json").json()[0]["counts"]
    check(counts["version"] == 2 * len(world.PAGES), "the archive holds every version")
    return f"{sum(counts.values())} records in {story.archive.stat().st_size:,} bytes, every digest checked"


def pages_move(story: Story) -> str:
    """The pages move to globex, as Atlassian's own migration moves them."""
    acme, globex = story.sites
    addresses = ["--from", acme.url, "--to", globex.url]
    for key in world.SPACES:
        emulator("copy-space", *addresses, "--space", key, promise=f"space {key} moves")
    new_ids = {page.address: world.find_page_id(globex.url, page) for page in world.PAGES}
    check(all(new_ids.values()), "every page is on globex")
    check(not set(new_ids.values()) & set(story.page_ids.values()), "no page kept its id")
    shown = ", ".join(f"{story.page_ids[address]} → {new_id}" for address, new_id in new_ids.items())
    return f"same titles, bodies and history; every id is another: {shown}"


def compare_is_dead(story: Story) -> str:
    """Without the archive, compare is dead on globex."""
    acme, globex = story.sites
    where = ["--url", globex.url, "--jira-url", acme.url]
    story.show(story.there, "site", "add", "globex", *where, "--account", ADMIN, "--token-env", "GLOBEX_TOKEN")
    story.show(story.there, "compare", world.BUGS.address, "1", "2", expect=3)
    return "the tables are there, the history is not: exit code 3, and the reason"


def plan_restore(story: Story) -> str:
    """Restore, first the plan: what would happen, and by what evidence."""
    story.show(story.there, "restore", "plan", str(story.archive))
    plan = story.there.run("restore", "plan", str(story.archive), "--json").json()
    check(all(page["match"] == "matched" for page in plan["pages"]), "every page is matched")
    check(plan["totals"]["version"] == {"created": 2 * len(world.PAGES)}, "every version would be created")
    story.show(story.there, "compare", world.BUGS.address, "1", "2", expect=3)
    rules = ", ".join(sorted({page["rule"] for page in plan["pages"]}))
    return f"{len(plan['pages'])} pages matched by {rules} with {plan['requests_sent']} requests; nothing was written"


def apply_restore(story: Story) -> str:
    """Restore, then apply."""
    story.show(story.there, "restore", "apply", str(story.archive), "--yes")
    story.restored = records(story)
    return "every record found its page"


def compare_there(story: Story) -> str:
    """Compare on globex gives the same answer as on acme."""
    story.show(story.there, "history", world.BUGS.address)
    there = comparison(story.there)
    check(there == story.comparison, "both sites give the same comparison")
    taken = story.there.run("take", world.BUGS.address, "--json").json()["versions"]
    check(taken[0]["number"] == 3, "the next snapshot on globex continues the history")
    story.restored = records(story)
    return "the same rows, cells and words; and the next snapshot on globex is version 3"


def twice(story: Story) -> str:
    """A second apply changes nothing."""
    story.show(story.there, "restore", "apply", str(story.archive), "--yes")
    check(records(story) == story.restored, "every record is byte for byte what it was")
    return "every record is byte for byte what it was"


def damaged(story: Story) -> str:
    """A damaged archive is refused."""
    damaged = story.folder / "damaged.zip"
    data = bytearray(story.archive.read_bytes())
    data[len(data) // 3] ^= 0x20
    damaged.write_bytes(data)
    story.show(story.there, "backup", "verify", str(damaged), expect=6)
    story.show(story.there, "restore", "apply", str(damaged), "--yes", expect=6)
    check(records(story) == story.restored, "nothing was written")
    return "one flipped bit, exit code 6, nothing written"


def undo_restore(story: Story) -> str:
    """Undo the restore, and restore once more."""
    story.show(story.there, "restore", "undo", "1", "--yes")
    check(_numbers(story) == [3], "the snapshot taken since the restore is kept, and nothing else")
    story.there.run("restore", "apply", str(story.archive), "--yes")
    check(_numbers(story) == [3, 2, 1], "every version has its number again")
    return "what was restored went and came back; what was taken since stayed"


def _numbers(story: Story) -> list[int]:
    versions = story.there.run("history", world.BUGS.address, "--json").json()["versions"]
    return [version["number"] for version in versions]
