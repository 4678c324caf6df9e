"""Which field of Jira a word in a definition means. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from snapshots.atlassian.model import Field
from snapshots.errors import DecisionNeeded, InvalidInput


class FieldCatalogue:
    """The fields of one Jira, found by id (`customfield_10010`), by `cf[10010]` or by name.

    Names are not unique in Jira. An id wins over a name, a name in its exact spelling over one that
    differs in case only; where two fields are left, a person decides.
    """

    def __init__(self, fields: Iterable[Field]) -> None:
        self._by_id = {field.id: field for field in fields}
        self._by_word: defaultdict[str, list[Field]] = defaultdict(list)
        for field in self._by_id.values():
            self._by_word[field.name.lower()].append(field)
            if field.id.startswith("customfield_"):
                self._by_word[f"cf[{field.id.removeprefix('customfield_')}]"].append(field)

    def meant_by(self, word: str) -> list[Field]:
        """Every field that `word` may mean."""
        if field := self._by_id.get(word):
            return [field]
        meant = self._by_word.get(word.lower(), [])
        return [field for field in meant if field.name == word] or meant

    def get(self, word: str, where: str) -> Field:
        """The field that `word` means; `where` begins the sentence of the error (`Level 2 shows`).

        Raises `InvalidInput` for a word that means none, `DecisionNeeded` for one that means several.
        """
        candidates = self.meant_by(word)
        if not candidates:
            raise InvalidInput(
                f"{where} {word!r}, but Jira has no such field; use the id or name of a field that the account sees."
            )
        if len(candidates) > 1:
            ids = ", ".join(sorted(field.id for field in candidates))
            raise DecisionNeeded(f"{where} {word!r}, but {len(candidates)} fields have that name: say which of {ids}.")
        return candidates[0]
