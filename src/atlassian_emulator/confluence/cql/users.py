"""Fields of CQL that find users: those of /wiki/rest/api/search/user."""

from __future__ import annotations

from atlassian_emulator.confluence.cql.functions import CqlError
from atlassian_emulator.confluence.cql.parser import Maker, Parser, demand_operator, negated


def _account_field(name: str) -> Maker:
    def make(parser: Parser, operator: str, values: list[str]) -> str:
        demand_operator(name, operator, "=", "!=", "in", "not in")
        return negated(operator, f"u.account_id IN ({parser.bind_all(values)})")

    return make


def _name_field(parser: Parser, operator: str, values: list[str]) -> str:
    demand_operator("user.fullname", operator, "~", "!~", "=", "!=")
    text = parser.bind(values[0] if values else "")
    if operator in ("~", "!~"):
        return negated(operator, f"cql_matches(u.display_name, {text})")
    return negated(operator, f"u.display_name = {text} COLLATE NOCASE")


def _type_field(parser: Parser, operator: str, values: list[str]) -> str:
    demand_operator("type", operator, "=", "in")
    if any(value.lower() != "user" for value in values):
        raise CqlError("only users are found here")
    return "1"


FIELDS: dict[str, Maker] = {
    **{name: _account_field(name) for name in ("user", "user.accountid", "user.userkey")},
    "user.fullname": _name_field,
    "type": _type_field,
}
ORDERS = {"user.fullname": "u.display_name"}
