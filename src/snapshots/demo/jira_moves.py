"""The story's last chapters: the Jira projects move too, and compare works across the move."""

from __future__ import annotations

from snapshots.demo import world
from snapshots.demo.narration import Story, check, emulator
from snapshots.demo.stage import ADMIN


def projects_move(story: Story) -> str:
    """The Jira projects move to globex too: every issue gets a new key, every field a new id."""
    acme, globex = story.sites
    for project, new_key in world.PROJECTS.items():
        options = ["--from", acme.url, "--to", globex.url, "--project", project, "--rename-to", new_key]
        emulator("copy-project", *options, promise=f"project {project} moves")
    where = ["--url", globex.url, "--account", ADMIN, "--token-env", "GLOBEX_TOKEN"]
    story.show(story.there, "site", "add", "globex", *where, "--replace")
    ids = [world.find_field_id(site.url, world.POINTS) for site in (acme, globex)]
    check(ids[0] != ids[1], "the field has another id on globex")
    new_keys = ", ".join(world.PROJECTS.values())
    return f"{', '.join(world.PROJECTS)} are {new_keys} now; {world.POINTS} was {ids[0]} and is {ids[1]}"


def refused(story: Story) -> str:
    """A snapshot from the new Jira is refused: nobody has said what became of what."""
    story.show(story.there, "take", world.BUGS.address, expect=3)
    versions = story.there.run("history", world.BUGS.address, "--json").json()["versions"]
    check(versions[0]["number"] == 3, "nothing was written")
    return "no history gets rows of two Jiras by mistake; exit code 3, and what to do"


def import_jira_data(story: Story) -> str:
    """Import Jira data: the old Jira's data is matched with the new one, and the macros are rewritten."""
    story.show(story.here, "jira-data", "export", "--output", str(story.jira_data))
    story.show(story.there, "jira-data", "plan", str(story.jira_data))
    done = story.there.run("jira-data", "apply", str(story.jira_data), "--yes", "--json").json()
    check(done["pages"] == {"written": len(world.PAGES)}, "every page got its new definitions")
    return f"{len(world.PAGES)} pages have one new version each, and what became of what is kept with the site"


def take_there(story: Story) -> str:
    """The next snapshot comes from the new Jira, after a defect was reworded there."""
    globex = story.sites[1]
    story.reworded_there = world.reword(globex.url, "project = INF AND issuetype = Bug ORDER BY key", ", fixed in 4.3")
    for page, number in ((world.BUGS, 4), (world.EPICS, 3)):
        taken = story.there.run("take", page.address, "--json").json()["versions"]
        check(taken[0]["number"] == number, f"{page.title} has version {number}")
    return "both histories go on"


def compare_across(story: Story) -> str:
    """Compare across the move: what changed, and nothing that only has another name."""
    key, _ = story.reworded_there
    story.show(story.there, "compare", world.BUGS.address, "3", "4")
    page = ("--html", str(story.page_across))
    found = story.there.run("compare", world.BUGS.address, "3", "4", "--json", *page).json()
    check("only renamed by the move" in story.page_across.read_text(encoding="utf-8"), "the page tells it too")
    check([row["new"]["key"] for row in found["rows"]] == [key], f"{key} is shown as changed, and no other row")
    check(found["rows"][0]["old"]["key"] == key.replace("INF-", "PUMP-"), "with the key it had")
    check([cell["column"] for cell in found["rows"][0]["cells"]] == ["summary"], "for its summary alone")
    check(found["definition_followed"], "the definition is said to be rewritten, not changed")
    check(all(_moved(row["old"]["key"]) == row["new"]["key"] for row in found["renamed"]), "every other row is renamed")
    scope = story.there.run("compare", world.EPICS.address, "2", "3", "--json").json()
    check(scope["same"] and not scope["rows"], "nothing but names differs in the scope of the release")
    check([one["name"] for one in scope["levels"][1]["columns"]["followed"]] == [world.POINTS], "its field is followed")
    renamed = found["counts"]["renamed"] + scope["counts"]["renamed"]
    return f"one changed row of {renamed + 1}; {renamed} rows are known under their new keys"


def _moved(key: str) -> str:
    """The key that an issue has since its project moved."""
    project, _, number = key.rpartition("-")
    return f"{world.PROJECTS[project]}-{number}"
