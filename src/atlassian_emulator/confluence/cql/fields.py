"""Fields of CQL that find content."""

from __future__ import annotations

from atlassian_emulator.confluence.cql.functions import CqlError, read_moment
from atlassian_emulator.confluence.cql.parser import Maker, Parser, demand_operator, negated
from atlassian_emulator.confluence.cql.words import plain_words

_EQUALITY = ("=", "!=", "in", "not in")
_DAY_US = 86_400_000_000


def _name_field(name: str, condition: str) -> Maker:
    """A field compared with names; `condition` holds {values}."""

    def make(parser: Parser, operator: str, values: list[str]) -> str:
        demand_operator(name, operator, *_EQUALITY)
        return negated(operator, condition.format(values=parser.bind_all(values)))

    return make


def _id_field(name: str, condition: str) -> Maker:
    """A field compared with content ids; `condition` holds {values}."""

    def make(parser: Parser, operator: str, values: list[str]) -> str:
        demand_operator(name, operator, *_EQUALITY)
        ids = []
        for value in values:
            digits = value.removeprefix("att")
            if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
                raise CqlError(f"Could not parse '{value}' as a content id")
            ids.append(digits)
        return negated(operator, condition.format(values=", ".join(ids)))

    return make


def _title_field(parser: Parser, operator: str, values: list[str]) -> str:
    demand_operator("title", operator, *_EQUALITY, "~", "!~")
    if operator in ("~", "!~"):
        return negated(operator, _contains(parser, _one(values), _title(parser)))
    # A phrase in quotes of its own is how the documents write a title.
    names = parser.bind_all([value.strip('"') for value in values])
    return negated(operator, f"{_title(parser)} COLLATE NOCASE IN ({names})")


def _title(parser: Parser) -> str:
    return f"coalesce(({_INDEXED.format(column='title')}), c.title)" if parser.is_late else "c.title"


def _body(parser: Parser) -> str:
    select = _INDEXED if parser.is_late else _CURRENT
    return f"coalesce(({select.format(column='body')}), '')"


def _contains(parser: Parser, wanted: str, title: str, body: str = "") -> str:
    """Say that a title, or a title and a body, hold the wanted words."""
    conditions = []
    for word in plain_words(wanted):
        # SQLite finds letters a hundred times faster than Python words, so it looks first.
        pattern = parser.bind(f"%{word}%")
        conditions.append(f"({title} LIKE {pattern}{f' OR {body} LIKE {pattern}' if body else ''})")
    text = f"{title} || ' ' || cql_plain({body})" if body else title
    return " AND ".join([*conditions, f"cql_matches({text}, {parser.bind(wanted)})"])


def _text_field(name: str) -> Maker:
    def make(parser: Parser, operator: str, values: list[str]) -> str:
        demand_operator(name, operator, "~", "!~", *(("=",) if name == "sitesearch" else ()))
        return negated(operator, _contains(parser, _one(values), _title(parser), _body(parser)))

    return make


def _one(values: list[str]) -> str:
    return values[0] if values else ""


def _moment_field(name: str, column: str) -> Maker:
    def make(parser: Parser, operator: str, values: list[str]) -> str:
        demand_operator(name, operator, "=", "!=", "<", ">", "<=", ">=")
        moment = read_moment(_one(values))
        if operator in ("=", "!="):
            day = f"{column} BETWEEN {parser.bind(moment)} AND {parser.bind(moment + _DAY_US - 1)}"
            return negated(operator, day)
        return f"{column} {operator} {parser.bind(moment)}"

    return make


def _type_field(parser: Parser, operator: str, values: list[str]) -> str:
    demand_operator("type", operator, *_EQUALITY)
    types: list[str] = []
    for value in values:
        if value.lower() not in _TYPES:
            raise CqlError(f"'{value}' is not a type of content that is known here")
        types += _TYPES[value.lower()]
    unindexed = "+" if parser.names(*_LEADING, "title", "space", "space.key") else ""
    return negated(operator, f"{unindexed}c.type IN ({parser.bind_all(types)})")


def _macro_field(parser: Parser, operator: str, values: list[str]) -> str:
    demand_operator("macro", operator, *_EQUALITY)
    found = f"c.id IN (SELECT content_id FROM content_macros WHERE name IN ({parser.bind_all(values)}))"  # noqa: S608
    if not parser.is_late or not values:
        return negated(operator, found)
    # What was changed since the index was made is found by what it held then.
    then = " OR ".join(f"cql_holds_macro({_body(parser)}, {parser.bind(name)})" for name in values)
    return negated(operator, f"CASE WHEN c.modified_at <= :indexed_until THEN {found} ELSE ({then}) END")


def _space_field(name: str, column: str) -> Maker:
    def make(parser: Parser, operator: str, values: list[str]) -> str:
        demand_operator(name, operator, *_EQUALITY, *(("~", "!~") if name == "space.title" else ()))
        if operator in ("~", "!~"):
            condition = f"cql_matches(name, {parser.bind(_one(values))})"
        else:
            condition = f"{column} IN ({parser.bind_all(values)})"
        # Few pages hold a macro or label or stand below a page; a space holds many: its index must not come first.
        unindexed = "+" if parser.names(*_LEADING) else ""
        found = f"{unindexed}c.space_id IN (SELECT id FROM spaces WHERE {condition})"  # noqa: S608
        return negated(operator, found)

    return make


def _mention_field(parser: Parser, operator: str, values: list[str]) -> str:
    demand_operator("mention", operator, *_EQUALITY)
    found = " OR ".join(f"instr({_body(parser)}, {parser.bind(value)})" for value in values) or "0"
    return negated(operator, f"({found})")


def _nobodys_field(name: str) -> Maker:
    """Nobody watches or favours anything through REST, so this finds nothing."""

    def make(parser: Parser, operator: str, values: list[str]) -> str:
        demand_operator(name, operator, *_EQUALITY)
        return negated(operator, "0")

    return make


_CURRENT = "SELECT v.{column} FROM content_versions v WHERE v.content_id = c.id AND v.number = c.version"
# What a late index has is the last version that was there when it was made.
_INDEXED = """SELECT v.{column} FROM content_versions v WHERE v.content_id = c.id AND v.created_at <= :indexed_until
    ORDER BY v.number DESC LIMIT 1"""
_LEADING = ("macro", "id", "content", "label", "parent", "ancestor", "container")
_TREE_TYPES = ("page", "whiteboard", "database", "embed", "folder")
_TYPES = {
    **{name: [name] for name in (*_TREE_TYPES, "blogpost", "attachment")},
    "comment": ["footer-comment", "inline-comment"],
}
_IN_TREE = f"type IN {_TREE_TYPES}"
_ANCESTOR = f"""c.id IN (
    WITH RECURSIVE below (id) AS (
        SELECT id FROM content WHERE parent_id IN ({{values}}) AND {_IN_TREE}
        UNION SELECT child.id FROM content child JOIN below ON child.parent_id = below.id AND child.{_IN_TREE}
    ) SELECT id FROM below)"""  # noqa: S608 - made of this program's own words
_LABEL = """c.id IN (
    SELECT content_id FROM content_labels JOIN labels l ON l.id = label_id
    WHERE l.name IN ({values}) OR l.prefix || ':' || l.name IN ({values}))"""
_CONTRIBUTOR = """c.id IN (
    SELECT content_id FROM content_versions WHERE author_id IN ({values})
    UNION SELECT content_id FROM attachment_versions WHERE author_id IN ({values}))"""
_CATEGORY = """id IN (SELECT space_id FROM space_labels JOIN labels l ON l.id = label_id WHERE l.name IN ({values}))"""


def _category_field(parser: Parser, operator: str, values: list[str]) -> str:
    demand_operator("space.category", operator, *_EQUALITY)
    condition = _CATEGORY.format(values=parser.bind_all(values))
    return negated(operator, f"c.space_id IN (SELECT id FROM spaces WHERE {condition})")  # noqa: S608


FIELDS: dict[str, Maker] = {
    "type": _type_field,
    "space": _space_field("space", "key COLLATE NOCASE"),
    "space.key": _space_field("space.key", "key COLLATE NOCASE"),
    "space.type": _space_field("space.type", "type COLLATE NOCASE"),
    "space.title": _space_field("space.title", "name COLLATE NOCASE"),
    "space.category": _category_field,
    "title": _title_field,
    "text": _text_field("text"),
    "sitesearch": _text_field("sitesearch"),
    "id": _id_field("id", "c.id IN ({values})"),
    "content": _id_field("content", "c.id IN ({values})"),
    "parent": _id_field("parent", f"(c.{_IN_TREE} AND c.parent_id IN ({{values}}))"),
    "container": _id_field("container", f"(c.type NOT IN {_TREE_TYPES} AND c.parent_id IN ({{values}}))"),
    "ancestor": _id_field("ancestor", _ANCESTOR),
    "macro": _macro_field,
    "label": _name_field("label", _LABEL),
    "creator": _name_field("creator", "c.author_id IN ({values})"),
    "contributor": _name_field("contributor", _CONTRIBUTOR),
    "mention": _mention_field,
    "created": _moment_field("created", "c.created_at"),
    "lastmodified": _moment_field("lastmodified", "c.modified_at"),
    **{name: _nobodys_field(name) for name in ("favourite", "favorite", "watcher")},
}
ORDERS = {
    "created": "c.created_at",
    "lastmodified": "c.modified_at",
    "title": "c.title COLLATE NOCASE",
    "id": "c.id",
    "content": "c.id",
    "type": "c.type",
    "creator": "c.author_id",
    "space": "(SELECT key FROM spaces WHERE id = c.space_id)",
    "space.key": "(SELECT key FROM spaces WHERE id = c.space_id)",
}
