"""Which word takes the place of another, by the mapping. Pure; nothing is guessed.

An answer is a new word, or the reason why the old one stays. Ids stay ids, keys keys and names names.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from snapshots.jiradata.mapping import Certainty, JiraMapping, Kind, Mapped
from snapshots.jiradata.meanings import FieldWords, Meaning, custom_number, type_suffix

Reason: TypeAlias = Literal["unmapped", "ambiguous", "unknown-field", "unknown-function", "order-lost", "id-unknown"]

_SPECIAL_WORDS = {"resolution": frozenset({"unresolved"})}
_SHORTEST_ID = 5
"""Jira's ids begin at 10000; a version or an option may well be called 2026."""
_KEY_BEHIND_NAME = re.compile(r"\(([^()\s]+)\)\s*$")
"""Request types of Jira Service Management are written with the key of their project."""


@dataclass(frozen=True, slots=True)
class NewWord:
    """The word at the destination, which may be the same, and how sure the entry is that says so."""

    word: str
    certainty: Certainty = "certain"
    any_case: bool = True
    """Whether Jira finds the same by the word in any case; of account ids it does not."""


@dataclass(frozen=True, slots=True)
class Stays:
    """The word stays as it is; `reason` is `None` where that is right and nobody need know."""

    reason: Reason | None = None


Answer: TypeAlias = NewWord | Stays


class NewWords:
    """What each word becomes. `source_fields` tell what words mean, `destination_fields` which names are free there."""

    def __init__(self, mapping: JiraMapping, source_fields: FieldWords, destination_fields: FieldWords) -> None:
        self._mapping = mapping
        self._source = source_fields
        self._destination = destination_fields
        self._link_words: defaultdict[str, dict[str, Certainty]] = defaultdict(dict)
        """By what is said of a link at the source, what is said of it there."""
        for entry in mapping.iter_kind("link_type"):
            for before, after in entry.words:
                if after:
                    self._link_words[before.strip().lower()][after] = entry.certainty

    def of_value(self, meaning: Meaning, word: str, *, is_number: bool, ordered: bool = False) -> Answer:
        """The new word of a value of this meaning.

        Jira reads a bare number as an id first and as a name second, anything else the other way round. `ordered`
        says that it stands behind `<` or the like.
        """
        if meaning == "other":
            return Stays("id-unknown" if self._is_local(word, is_number) else None)
        if meaning == "jql" or word.strip().lower() in _SPECIAL_WORDS.get(meaning, ()):
            return Stays()
        if meaning == "issue":
            return self._of_issue(word, ordered)
        by_id = self._by_id(meaning, word)
        by_name = self._by_key(meaning, word) or self._by_name(meaning, word)
        found = (by_id or by_name) if is_number else (by_name or by_id)
        return found or Stays("unmapped")

    def of_clause_field(self, word: str) -> Answer:
        """The new name of a field in a clause or in ORDER BY, `cf[10010]` included."""
        return self._of_field(word, in_clause=True)

    def of_column(self, word: str) -> Answer:
        """The new word for a field in a definition or behind `$`: its id, or its name if that means one field only."""
        return self._of_field(word, in_clause=False)

    def of_custom_number(self, number: str) -> Answer:
        """The new id of the field that `cf[10010]` names."""
        entry = self._mapping.find_by_id("field", f"customfield_{number}")
        return NewWord(entry.destination_id, entry.certainty) if entry and entry.destination_id else Stays("unmapped")

    def is_mapped_thing(self, word: str) -> bool:
        """Whether the word is the key of a project or an issue that got another one."""
        key = self._mapping.find_issue_key(word)
        project = self._mapping.find_by_key("project", word)
        return key not in (None, word) or (project is not None and project.destination_key != word)

    def _is_local(self, word: str, is_number: bool) -> bool:
        """Whether a word of what no mapping holds is an id, or ends with a key that changed: `IT help (ACME)`."""
        if is_number:
            return len(word) >= _SHORTEST_ID
        key = _KEY_BEHIND_NAME.search(word)
        return key is not None and self.is_mapped_thing(key[1])

    def _of_issue(self, word: str, ordered: bool) -> Answer:
        entry = self._mapping.find_by_key("issue", word) or self._mapping.find_by_id("issue", word)
        key = self._mapping.find_issue_key(word)
        if ordered:
            # `key > ACME-10` means the same there only if the project's numbers do.
            return self._of_ordered_issue(word, key)
        if word.strip().isdecimal():
            new = entry and (entry.destination_id or entry.destination_key)
        else:
            new = key or (entry and entry.destination_id)
        if not new:
            return Stays("unmapped")
        return NewWord(new, entry.certainty if entry else self._certainty_of_project(word))

    def _of_ordered_issue(self, word: str, key: str | None) -> Answer:
        project, _, number = word.strip().rpartition("-")
        if key is None or project.lower() not in self._mapping.numbers_kept or key.rpartition("-")[2] != number:
            return Stays("order-lost")
        return NewWord(key, self._certainty_of_project(word))

    def _certainty_of_project(self, issue_key: str) -> Certainty:
        project = self._mapping.find_by_key("project", issue_key.strip().rpartition("-")[0])
        return project.certainty if project else "certain"

    def _by_id(self, kind: Kind, word: str) -> Answer | None:
        entry = self._mapping.find_by_id(kind, word)
        return _written(entry, entry.destination_id, entry.destination_key, entry.destination_name) if entry else None

    def _by_key(self, kind: Kind, word: str) -> Answer | None:
        entry = self._mapping.find_by_key(kind, word)
        if entry is None:
            return None
        if kind == "user":
            # The login name of a Data Center; Cloud knows people by their account ids.
            return _written(entry, entry.destination_key, entry.destination_id, entry.destination_name)
        return _written(entry, entry.destination_key, entry.destination_name, entry.destination_id)

    def _by_name(self, kind: Kind, word: str) -> Answer | None:
        if kind == "link_type" and (found := self._by_link_words(word)) is not None:
            return found
        entries = self._mapping.find_all_by_name(kind, word)
        if not entries:
            return None
        if len(entries) == 1:
            (entry,) = entries
            return _written(entry, entry.destination_name, entry.destination_key, entry.destination_id)
        name = self._mapping.find_name(kind, word)
        return Stays("ambiguous") if name is None else NewWord(name, _weakest(entries))

    def _by_link_words(self, word: str) -> Answer | None:
        found = self._link_words.get(word.strip().lower())
        if found is None:
            return None
        return Stays("ambiguous") if len(found) > 1 else NewWord(*next(iter(found.items())))

    def _of_field(self, word: str, *, in_clause: bool) -> Answer:
        folded = word.strip().lower()
        by_number = folded.startswith("cf[") and folded.endswith("]")
        field_id = f"customfield_{folded[3:-1].strip()}" if by_number else folded
        if custom_number(field_id):
            entry = self._mapping.find_by_id("field", field_id)
            if entry is None or not entry.destination_id:
                return Stays("unmapped")
            new = entry.destination_id
            return NewWord(f"cf[{custom_number(new)}]" if by_number and custom_number(new) else new, entry.certainty)
        return self._of_named_field(word, in_clause)

    def _of_named_field(self, word: str, in_clause: bool) -> Answer:
        fields = self._source.meant_by(word)
        if not fields and self._source.is_virtual(word):
            return Stays()
        if not fields:
            known = list(self._mapping.find_all_by_name("field", word))
            return self._name_there(word, known, in_clause) if known else Stays("unknown-field")
        entries = [entry for field in fields if (entry := self._mapping.find_by_id("field", field.id)) is not None]
        if not any(field.custom for field in fields):
            # Jira's own fields are called the same everywhere, unless somebody says that one became another field.
            moved = [entry for entry in entries if entry.destination_id not in ("", entry.source_id)]
            return self._name_there(word, moved, in_clause) if moved else Stays()
        if len(entries) < len(fields):
            return Stays("ambiguous" if entries else "unmapped")
        return self._name_there(word, entries, in_clause)

    def _name_there(self, word: str, entries: list[Mapped], in_clause: bool) -> Answer:
        """The name at the destination, or the id where the name means something else there."""
        names = {entry.destination_name.lower() for entry in entries}
        if len(names) != 1 or (len(entries) > 1 and not in_clause):
            return Stays("ambiguous")
        entry = entries[0]
        suffix = type_suffix(word) if not self._source_calls(entry, word) else ""
        name = entry.destination_name
        meant = {field.id for field in self._destination.meant_by(name + suffix)} if name else set()
        wanted = {each.destination_id for each in entries if each.destination_id}
        if name and (not meant or not wanted or meant == wanted):
            same = word.strip().lower() == (name + suffix).lower()
            return NewWord(word if same else name + suffix, _weakest(entries))
        if len(entries) > 1 or not entry.destination_id:
            return Stays("ambiguous")
        number = custom_number(entry.destination_id)
        return NewWord(f"cf[{number}]" if in_clause and number else entry.destination_id, entry.certainty)

    def _source_calls(self, entry: Mapped, word: str) -> bool:
        """Whether a field's own name is this word, brackets and all."""
        field = self._source.with_id(entry.source_id)
        return field is not None and field.name.strip().lower() == word.strip().lower()


def _written(entry: Mapped, *spellings: str) -> Answer:
    """The first spelling that is known of the thing there."""
    word = next(filter(None, spellings), "")
    return NewWord(word, entry.certainty, entry.kind != "user") if word else Stays("unmapped")


def _weakest(entries: Iterable[Mapped]) -> Certainty:
    certainties = {entry.certainty for entry in entries}
    return "likely" if "likely" in certainties else "certain" if "certain" in certainties else "given"
