"""Our macros in a body in ADF, Atlassian's document format: JSON. Pure.

A macro is a node of type `extension`, `inlineExtension` or `bodiedExtension`. Forge's keeps its parameters as texts
in `attrs.parameters.guestParams` and its id in `attrs.parameters.localId`. The classic one, which Connect's were too,
keeps each parameter as `{"value": …}` in `attrs.parameters.macroParams` and its id in `macroMetadata.macroId`.
Nothing is serialized again: edits replace spans of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from snapshots.atlassian.macro.model import DEFINITION, MACRO_NAME, Macro, Occurrence, read_pointer, the_only
from snapshots.atlassian.macro.parameters import refuse_unwritable
from snapshots.errors import InvalidInput
from snapshots.json_spans import Edit, Json, NotJson, read_json, splice, write_string

_CLASSIC = "com.atlassian.confluence.macro.core"
_EXTENSIONS = frozenset({"extension", "inlineExtension", "bodiedExtension", "multiBodiedExtension"})


@dataclass(frozen=True, slots=True)
class _Holder:
    """The object at the end of `path` below `node` holds the parameters, or will; `wrapped` means `{"value": …}`."""

    node: Json
    path: tuple[str, ...]
    wrapped: bool

    def find(self, name: str) -> Json | None:
        """The parameter as it stands, `{"value": …}` or a plain value."""
        return self.node.get(*self.path, name)

    def read(self, name: str) -> str | None:
        """The text of a parameter; a number is read as it is written."""
        found = self.find(name)
        if found is not None and found.sort == "object":
            found = found.get("value")
        if found is None or found.sort in ("object", "array") or found.written == "null":
            return None
        return found.written if found.text is None else found.text


def find_macros(body: str) -> list[Macro]:
    """As `body.find_macros`, which has made sure that our name is in there."""
    return [occurrence.macro for occurrence in _find_occurrences(_read(body))]


def set_parameters(body: str, macro_remote_id: str, texts: Mapping[str, str]) -> str:
    """The body with these texts as parameters of the macro."""
    found = the_only(_find_occurrences(_read(body)), macro_remote_id)
    return splice(body, [edit for holder in found.holders for edit in _plan_edits(holder, texts)])


def add_macro(body: str, remote_id: str, definition: str) -> str:
    """The body with a classic macro as the last node of the document."""
    refuse_unwritable(definition)
    document = _read(body)
    content = document.get("content")
    if content is None or content.sort != "array":
        raise InvalidInput("The page body is a document without content; save the page in Confluence's editor.")
    parameters = (
        f'"macroParams":{{{write_string(DEFINITION)}:{{"value":{write_string(definition)}}}}},'
        f'"macroMetadata":{{"macroId":{{"value":{write_string(remote_id)}}},"schemaVersion":{{"value":"1"}}}}'
    )
    node = (
        f'{{"type":"extension","attrs":{{"extensionType":"{_CLASSIC}","extensionKey":"{MACRO_NAME}",'
        f'"parameters":{{{parameters}}},"layout":"default"}}}}'
    )
    place = content.items[-1].end if content.items else content.start + 1
    return splice(body, [(place, place, f",{node}" if content.items else node)])


def _read(body: str) -> Json:
    try:
        document = read_json(body)
    except NotJson as error:
        line = body.count("\n", 0, error.offset) + 1
        raise InvalidInput(
            f"The page body cannot be read, it is no JSON in line {line}; save the page in Confluence's editor."
        ) from error
    if document.get_text("type") != "doc":
        raise InvalidInput("The page body is JSON but no document; save the page in Confluence's editor.")
    return document


def _find_occurrences(document: Json) -> list[Occurrence[_Holder]]:
    found = (_read_node(node) for node in _iter_nodes(document))
    return [occurrence for occurrence in found if occurrence is not None]


def _iter_nodes(document: Json) -> Iterator[Json]:
    """The nodes of a document in order, an outer one before its inner ones. Attributes are not gone into."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        yield node
        content = node.get("content")
        if content is not None:
            waiting.extend(reversed(content.items))


def _read_node(node: Json) -> Occurrence[_Holder] | None:
    """The macro that the node is, if it is one of ours with an id."""
    if node.get_text("type") not in _EXTENSIONS:
        return None
    attributes = node.get("attrs")
    key = (node.get_text("attrs", "extensionKey") or "").strip()
    if attributes is None:
        return None
    if attributes.get_text("extensionType") == _CLASSIC:
        return _read_classic(attributes) if key == MACRO_NAME else None
    # Before the last part stand ids of the app and of the environment it was installed from.
    return _read_forge(attributes) if key.endswith(f"/static/{MACRO_NAME}") else None


def _read_classic(attributes: Json) -> Occurrence[_Holder] | None:
    remote_id = (_Holder(attributes, ("parameters", "macroMetadata"), True).read("macroId") or "").strip()
    if not remote_id:
        return None
    holder = _Holder(attributes, ("parameters", "macroParams"), True)
    return Occurrence(Macro(remote_id, "structured", holder.read(DEFINITION), read_pointer(holder.read)), (holder,))


def _read_forge(attributes: Json) -> Occurrence[_Holder] | None:
    parameters = ("parameters",)
    local_id = _Holder(attributes, parameters, False).read("localId") or attributes.get_text("localId")
    remote_id = (local_id or "").strip()
    if not remote_id:
        return None
    holder = _Holder(attributes, (*parameters, "guestParams"), False)
    context = (*parameters, "embeddedMacroContext", "extensionData")
    macro = Macro(
        remote_id,
        "forge",
        holder.read(DEFINITION),
        read_pointer(holder.read),
        _Holder(attributes, (*context, "content"), False).read("id") or None,
        _Holder(attributes, (*context, "space"), False).read("key") or None,
    )
    return Occurrence(macro, (holder,))


def _plan_edits(holder: _Holder, texts: Mapping[str, str]) -> Iterator[Edit]:
    """The edits that give the parameters these texts: changed in place, or added after the last one."""
    added: list[str] = []
    for name, text in texts.items():
        refuse_unwritable(text)
        if holder.read(name) == text:
            continue
        parameter = holder.find(name)
        inner = parameter.get("value") if parameter is not None and parameter.sort == "object" else parameter
        if inner is not None:
            yield inner.start, inner.end, write_string(text)
        elif parameter is not None:
            yield _append(parameter, f'"value":{write_string(text)}')
        else:
            value = f'{{"value":{write_string(text)}}}' if holder.wrapped else write_string(text)
            added.append(f"{write_string(name)}:{value}")
    if added:
        yield _append_at(holder.node, holder.path, ",".join(added))


def _append_at(node: Json, path: tuple[str, ...], members: str) -> Edit:
    """Members for the object at the end of the path, which is made as far as it is not there."""
    for place, name in enumerate(path):
        inner = node.get(name)
        if inner is None or inner.sort != "object":
            for missing in reversed(path[place + 1 :]):
                members = f"{write_string(missing)}:{{{members}}}"
            if inner is not None:
                # Something else, such as `[]` for nothing, where an object belongs.
                return inner.start, inner.end, f"{{{members}}}"
            return _append(node, f"{write_string(name)}:{{{members}}}")
        node = inner
    return _append(node, members)


def _append(value: Json, members: str) -> Edit:
    """More members behind those that an object has."""
    if value.members:
        place = value.members[-1][1].end
        return place, place, f",{members}"
    return value.start + 1, value.start + 1, members
