"""Moving a space from one site to another, as Atlassian's own migration does.

New at the destination: the ids of pages, attachments and the space. The same: keys (unless renamed), titles, the
tree, bodies with the macro ids and stale ids in them, version history, attachment versions with their comments,
labels, restrictions, account ids. A macro whose id the destination has already gets a new one. What comes from a
Data Center names people by account id afterwards; groups are those of the same name. Not moved: content properties,
drafts and what is in the trash. Tools built on REST lose the history as well: `current_version_only` leaves content
as they do.

An exported space is a list of JSON lines: the space, the people in it, each file, each piece of content.
"""

from __future__ import annotations

import base64
import sqlite3
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import msgspec

from atlassian_emulator.confluence.macros import scan_macros
from atlassian_emulator.confluence.store import index_macros, put_label
from atlassian_emulator.directory import Directory
from atlassian_emulator.moving.bodies import MacroIds, accounts_for_user_keys
from atlassian_emulator.moving.ledger import Origin, note_move, origin_line, read_origin
from atlassian_emulator.refusals import ProductError
from atlassian_emulator.site import Site
from atlassian_emulator.users import User

_MOVED = "space_id = ? AND status IN ('current', 'archived')"
_BESIDE_CONTENT = ("content_versions", "attachment_versions", "restrictions", "inline_comments", "embeds")


_ENTITY_TYPES = {
    "blogpost": "confluence:blogPost",
    "footer-comment": "confluence:comment",
    "inline-comment": "confluence:comment",
}


class MoveRefused(ProductError):
    """The space cannot be moved; the body is {"message": …}."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, {"message": message})


def export_space(site: Site, key: str) -> Iterator[bytes]:
    """Yield the lines of a space; refused with 404 when there is none with this key."""
    with site.database.read() as c:
        space = c.execute("SELECT * FROM spaces WHERE key = ? COLLATE NOCASE", (key,)).fetchone()
        if space is None:
            raise MoveRefused(404, f"{site.name} has no space with key {key}")
        yield _line(site=origin_line(site))
        yield _line(groups={group.group_id: group.name for group in site.users.groups})
        if site.deployment == "data-center":
            directory = site.part(Directory)
            people = [directory.entry_of(user.account_id) for user in site.users.list_all()]
            yield _line(user_keys={entry.confluence_key: entry.account_id for entry in people})
        yield _line(space=dict(space))
        for user in _people_in(site, c, space["id"]):
            yield _line(user=[user.account_id, user.email, user.display_name])
        yield from _export_files(c, space["id"])
        for row in c.execute(f"SELECT * FROM content WHERE {_MOVED} ORDER BY id", (space["id"],)):  # noqa: S608
            beside = {table: _rows(c, table, row["id"]) for table in _BESIDE_CONTENT}
            labels = c.execute(
                "SELECT prefix, name FROM content_labels JOIN labels ON labels.id = label_id WHERE content_id = ?",
                (row["id"],),
            )
            yield _line(content=dict(row), labels=[list(label) for label in labels], **beside)


def _line(**facts: Any) -> bytes:
    return msgspec.json.encode(facts) + b"\n"


def _rows(c: sqlite3.Connection, table: str, content_id: int) -> list[dict[str, Any]]:
    return [dict(row) for row in c.execute(f"SELECT * FROM {table} WHERE content_id = ?", (content_id,))]  # noqa: S608


def _people_in(site: Site, c: sqlite3.Connection, space_id: int) -> list[User]:
    ids = c.execute(
        f"SELECT author_id FROM content WHERE {_MOVED} UNION SELECT v.author_id FROM content_versions v"  # noqa: S608
        " JOIN content ON content.id = v.content_id WHERE space_id = ? UNION SELECT v.author_id"
        " FROM attachment_versions v JOIN content ON content.id = v.content_id WHERE space_id = ?",
        (space_id, space_id, space_id),
    )
    return [user for (account_id,) in ids if (user := site.users.find(account_id))]


def _export_files(c: sqlite3.Connection, space_id: int) -> Iterator[bytes]:
    digests = c.execute(
        f"SELECT DISTINCT sha256 FROM attachment_versions v JOIN content ON content.id = v.content_id WHERE {_MOVED}",  # noqa: S608
        (space_id,),
    ).fetchall()
    for (sha256,) in digests:
        (data,) = c.execute("SELECT data FROM files WHERE sha256 = ?", (sha256,)).fetchone()
        yield _line(file=sha256, data=base64.b64encode(data).decode())


def import_space(
    site: Site,
    lines: Iterable[bytes],
    *,
    rename_to: str = "",
    current_version_only: bool = False,
    conflicting_macros: Collection[str] = (),
) -> dict[str, Any]:
    """Add an exported space to the site and return the report: its key and id, and every old id with its new one.

    All or nothing. Refused with 409 when the site has a space with this key. `conflicting_macros` are macro ids that
    count as taken, whether or not the site has them.
    """
    with site.database.transaction() as c:
        # Children may come before their parents.
        c.execute("PRAGMA defer_foreign_keys = ON")
        arrival = _Arrival(site, c, rename_to, current_version_only, MacroIds(c, conflicting_macros))
        for line in lines:
            arrival.take(msgspec.json.decode(line))
        return arrival.finish()


class _Arrival:
    """A space on its way into a site: lines are taken one by one, ids are given when all content is known."""

    def __init__(
        self, site: Site, c: sqlite3.Connection, rename_to: str, current_version_only: bool, macro_ids: MacroIds
    ) -> None:
        self._macro_ids = macro_ids
        self._origin: Origin | None = None
        self._group_names: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self._source_space_id = 0
        self._site = site
        self._c = c
        self._rename_to = rename_to
        self._current_version_only = current_version_only
        self._space: dict[str, Any] = {}
        self._content: list[dict[str, Any]] = []

    def take(self, line: dict[str, Any]) -> None:
        if "space" in line:
            self._add_space(line["space"])
        elif "site" in line:
            self._origin = read_origin(line["site"])
        elif "groups" in line:
            self._group_names = line["groups"]
        elif "user_keys" in line:
            self._accounts = line["user_keys"] if self._site.deployment == "cloud" else {}
        elif "user" in line:
            account_id, email, display_name = line["user"]
            if self._site.users.find(account_id) is None:
                self._site.users.put(email, display_name, account_id=account_id)
        elif "file" in line:
            self._c.execute(
                "INSERT INTO files (sha256, data) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (line["file"], base64.b64decode(line["data"])),
            )
        else:
            self._content.append(line)

    def _add_space(self, space: dict[str, Any]) -> None:
        key, self._source_space_id = self._rename_to or space["key"], space["id"]
        if self._c.execute("SELECT 1 FROM spaces WHERE key = ? COLLATE NOCASE", (key,)).fetchone():
            raise MoveRefused(409, f"{self._site.name} already has a space with key {key}; copy it under another key")
        self._space = {**space, "key": key, "id": self._site.ids.take("space")}
        _insert(self._c, "spaces", self._space)

    def finish(self) -> dict[str, Any]:
        if not self._space:
            raise MoveRefused(400, "There is no space in what was sent; send what export-space answers")
        first = self._site.ids.take("content", max(1, len(self._content)))
        new_ids = {line["content"]["id"]: first + position for position, line in enumerate(self._content)}
        for line in self._content:
            self._add_content(line, new_ids)
        homepage_id = new_ids.get(self._space["homepage_id"])
        self._c.execute("UPDATE spaces SET homepage_id = ? WHERE id = ?", (homepage_id, self._space["id"]))
        mapping: dict[str, dict[str, str]] = {}
        for line in self._content:
            content = line["content"]
            mapping.setdefault(content["type"], {})[str(content["id"])] = str(new_ids[content["id"]])
        self._note(mapping)
        shown = {"key": self._space["key"], "id": str(self._space["id"])}
        return {"space": shown, "ids": mapping, "macros": self._macro_ids.renamed, "entities": self._entities(mapping)}

    def _note(self, mapping: dict[str, dict[str, str]]) -> None:
        if self._origin is not None:
            here = self._site.base_url
            note_move(self._site, self._c, "CONFLUENCE", self._origin.url, here, self._entities(mapping))

    def _entities(self, mapping: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """Every new id under the name that Atlassian's mappings have for its sort."""
        entities: dict[str, dict[str, str]] = {
            "confluence:space": {str(self._source_space_id): str(self._space["id"])},
            "identity:user": {f"confluence.userkey/{key}": account for key, account in self._accounts.items()},
        }
        for kind, ids in mapping.items():
            entities.setdefault(_ENTITY_TYPES.get(kind, f"confluence:{kind}"), {}).update(ids)
        return {name: ids for name, ids in entities.items() if ids}

    def _add_content(self, line: dict[str, Any], new_ids: dict[int, int]) -> None:
        if self._current_version_only:
            line = self._without_history(line)
        old = line["content"]
        content_id = new_ids[old["id"]]
        # What stood below a page that was not moved stands at the root.
        parent_id = new_ids.get(old["parent_id"])
        _insert(self._c, "content", {**old, "id": content_id, "space_id": self._space["id"], "parent_id": parent_id})
        for table in _BESIDE_CONTENT:
            for row in line[table]:
                self._add_beside(table, {**row, "content_id": content_id})
        for prefix, name in line["labels"]:
            put_label(self._site, self._c, content_id, prefix, name)
        newest = line["content"]["version"]
        bodies = [row["body"] for row in line["content_versions"] if row["number"] == newest]
        for body in bodies:
            index_macros(self._c, content_id, scan_macros(self._body(body)))

    def _add_beside(self, table: str, row: dict[str, Any]) -> None:
        if table == "content_versions":
            row["body"] = self._body(row["body"])
        elif table == "restrictions" and row["principal_type"] == "group":
            name = self._group_names.get(row["principal_id"])
            group = next((group for group in self._site.users.groups if group.name == name), None)
            # Without a group of that name, what was restricted stays restricted: to a group that nobody is in.
            row["principal_id"] = group.group_id if group else row["principal_id"]
        _insert(self._c, table, row)

    def _body(self, body: str) -> str:
        return accounts_for_user_keys(self._macro_ids.settle(body), self._accounts)

    def _without_history(self, line: dict[str, Any]) -> dict[str, Any]:
        """Content as a REST client writes it: its first version, written now by whoever moves it."""
        author_id = next(user.account_id for user in self._site.users.list_all() if user.administers)
        now = self._site.clock()
        written = {"author_id": author_id, "created_at": now}
        newest = line["content"]["version"]
        content = {**line["content"], **written, "owner_id": author_id, "modified_at": now, "version": 1}
        versions = {
            table: [{**row, **written, "number": 1} for row in line[table] if row["number"] == newest]
            for table in ("content_versions", "attachment_versions")
        }
        return {**line, "content": content, **versions}


def _insert(c: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    known = {column[1] for column in c.execute(f"PRAGMA table_info({table})")}
    if set(row) - known:
        raise MoveRefused(400, f"{table} has no {', '.join(sorted(set(row) - known))}; send what export-space answers")
    names = ", ".join(row)
    c.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))  # noqa: S608
