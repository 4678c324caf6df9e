"""CQL: what may be asked of Confluence's search.

Content is found by type, space, title, text, id, ancestor, parent, container, macro, label, creator, contributor,
mention, created and lastmodified; users by user and user.fullname. What Confluence knows and this does not is
refused, as a text that does not parse is.
"""

from __future__ import annotations

from atlassian_emulator.confluence.cql import fields, users
from atlassian_emulator.confluence.cql.functions import Asker, CqlError
from atlassian_emulator.confluence.cql.parser import Parser, Query, read_tokens
from atlassian_emulator.confluence.cql.words import add_functions

__all__ = ["Asker", "CqlError", "Query", "add_functions", "parse_cql", "parse_user_cql"]


def parse_cql(text: str, asker: Asker, *, is_late: bool = False) -> Query:
    """Parse a query for content as SQL over `content c`; CqlError when it cannot be.

    The SQL calls the functions of `add_functions`; with `is_late` it has a parameter :indexed_until.
    """
    return Parser(read_tokens(text), fields.FIELDS, fields.ORDERS, asker, is_late).parse()


def parse_user_cql(text: str, asker: Asker) -> Query:
    """Parse a query for users as SQL over `users u`; CqlError when it cannot be."""
    return Parser(read_tokens(text), users.FIELDS, users.ORDERS, asker).parse()
