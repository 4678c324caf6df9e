"""What a route is given (`Call`) and what it answers (`Reply`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from atlassian_emulator.refusals import ConfluenceError, JiraError, LegacyConfluenceError, ProductError, refusal_for

if TYPE_CHECKING:
    from werkzeug import Request

    from atlassian_emulator.site import Site
    from atlassian_emulator.users import User

__all__ = ["Call", "ConfluenceError", "JiraError", "LegacyConfluenceError", "ProductError", "Reply"]

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. `body` is a JSON value (msgspec.Raw is passed through), bytes, or None for an empty answer.

    Bytes are sent as application/octet-stream unless `headers` name a Content-Type.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request to one route. `path` holds the template's parameters under their names in the template."""

    request: Request
    path: Mapping[str, str]
    user: User | None
    site: Site

    @property
    def caller(self) -> User:
        """The user who asks. Only a route open to strangers is ever called without one; it reads `user`."""
        assert self.user is not None, "the application lets nobody in without a user here"
        return self.user

    def refusal(self, status: int, message: str = "") -> ProductError:
        """Return the refusal in the shape of the product that this path belongs to, ready to be raised."""
        return refusal_for(self.request.path, status, message)

    def json(self) -> Any:
        """Return the request's body as a JSON value; anything else is refused with 400."""
        try:
            return msgspec.json.decode(self.request.get_data())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            message = f"Could not read the request's body as JSON: {error}"
            raise self.refusal(400, message) from error

    def json_object(self) -> dict[str, Any]:
        """Return the request's body as a JSON object; anything else is refused with 400."""
        body = self.json()
        if not isinstance(body, dict):
            raise self.refusal(400, "The request's body must be a JSON object.")
        return body

    def query(self, name: str, default: str = "") -> str:
        return self.request.args.get(name, default)

    def query_list(self, name: str) -> list[str]:
        """Return every value of a parameter that may be repeated or hold several values between commas."""
        return [part for value in self.request.args.getlist(name) for part in value.split(",") if part]

    def query_int(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number; one that is not a number or not within the limits is refused with 400."""
        text = self.request.args.get(name)
        if text is None:
            return default
        number = self.whole_number(text, name)
        if not low <= number <= high:
            message = f"Provided value {{{text}}} for '{name}' must be between {low} and {high}"
            raise self.refusal(400, message)
        return number

    def query_flag(self, name: str, default: bool = False) -> bool:
        text = self.request.args.get(name, "true" if default else "false").lower()
        if text not in ("true", "false"):
            raise self.refusal(
                400, f"Provided value {{{text}}} for '{name}' is not the correct type. Expected type is boolean"
            )
        return text == "true"

    def query_choice(self, name: str, choices: tuple[str, ...], default: str = "") -> str:
        """Return one of `choices`; another value is refused with 400."""
        text = self.request.args.get(name, default)
        if text and text not in choices:
            raise self.refusal(400, f"Provided value {{{text}}} for '{name}' is not one of {', '.join(choices)}")
        return text

    def path_id(self, name: str) -> int:
        """Return a numeric id from the path; anything else is refused with 400, as Atlassian does."""
        return self.whole_number(self.path[name], name)

    def whole_number(self, text: str, name: str) -> int:
        """Read a 64-bit number sent as text under `name`."""
        digits = text[1:] if text.startswith("-") else text
        # Python reads "１２" and "1_2" as numbers too, and a long's range is checked by the real site.
        if not (digits.isascii() and digits.isdigit()) or abs(int(digits[:40])) > LARGEST_ID:
            message = f"Provided value {{{text}}} for '{name}' is not the correct type. Expected type is long"
            raise self.refusal(400, message)
        return int(text)
