"""Forge's macros in storage format and in ADF: the same tree of attributes, written in two ways.

Storage has `<ac:adf-attribute key="extension-key">`, and below the attribute "parameters" any depth of
`<ac:adf-parameter key="…" type="…">`; ADF has attrs.extensionKey and nested objects. Keys are turned from one
writing into the other, but for the app's own below guest-params, which stay as they are.
"""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

_NODE_OF_STORAGE = {
    "extension": "extension",
    "inline-extension": "inlineExtension",
    "bodied-extension": "bodiedExtension",
}
_STORAGE_OF_NODE = {node: name for name, node in _NODE_OF_STORAGE.items()}
_GUEST = "guest-params"
_OBJECTS = ("parameters", _GUEST)


def camel(key: str) -> str:
    return re.sub(r"-([a-z0-9])", lambda match: match[1].upper(), key)


def kebab(key: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "-" + match[0].lower(), key)


class ExtensionReader:
    """Takes the attributes and parameters of one ac:adf-node as they are met, and makes a node of them."""

    def __init__(self) -> None:
        self.node_type = "extension"
        self._root: dict[str, Any] = {}
        self._open: list[tuple[str, str, dict[str, Any], list[str]]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "ac:adf-node":
            self.node_type = _NODE_OF_STORAGE.get(attributes.get("type", ""), "extension")
        elif name in ("ac:adf-attribute", "ac:adf-parameter"):
            self._open.append((attributes.get("key", ""), attributes.get("type", "string"), {}, []))

    def text(self, text: str) -> bool:
        """Take text of the innermost parameter; False when it is not inside of one."""
        if self._open:
            self._open[-1][3].append(text)
        return bool(self._open)

    def end(self, name: str) -> None:
        if name not in ("ac:adf-attribute", "ac:adf-parameter"):
            return
        key, kind, children, pieces = self._open.pop()
        text = "".join(pieces)
        in_guest = any(opened[0] == _GUEST for opened in self._open)
        is_object = bool(children) or (key in _OBJECTS and not in_guest)
        value: Any = children if is_object else _typed(kind, text)
        parent = self._open[-1][2] if self._open else self._root
        parent[key if in_guest else camel(key)] = value

    def attrs(self) -> dict[str, Any]:
        """Return the node's attrs, with those that no extension is without."""
        parameters = self._root.get("parameters", {})
        parameters = {"localId": "", "guestParams": {}, **parameters} if isinstance(parameters, dict) else {}
        basic = {"extensionType": "com.atlassian.ecosystem", "extensionKey": ""}
        return {**basic, **self._root, "parameters": parameters}


def _typed(kind: str, text: str) -> Any:
    if kind in ("string", ""):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def extension_storage(node_type: str, attrs: dict[str, Any], inner: str = "") -> str:
    """Return an extension node with these attrs in storage format, with its fallback copy."""
    parameters = attrs.get("parameters")
    parameters = dict(parameters) if isinstance(parameters, dict) else {}
    local_id = parameters.pop("localId", None) or attrs.get("localId", "")
    guest = parameters.pop("guestParams", None)
    parameters = {"localId": local_id, "guestParams": guest if isinstance(guest, dict) else {}, **parameters}
    ordered = {name: attrs.get(name, "") for name in ("extensionKey", "extensionType")}
    ordered |= {"parameters": parameters}
    ordered |= {name: value for name, value in attrs.items() if name not in ordered}
    rows = "".join(_written("attribute", name, value) for name, value in ordered.items())
    body = f"<ac:adf-content>{inner}</ac:adf-content>" if inner else ""
    node = f'<ac:adf-node type="{_STORAGE_OF_NODE[node_type]}">{rows}{body}</ac:adf-node>'
    return f"<ac:adf-extension>{node}<ac:adf-fallback>{node}</ac:adf-fallback></ac:adf-extension>"


def _written(element: str, name: str, value: Any, *, in_guest: bool = False, depth: int = 0) -> str:
    if depth > 50:
        raise ValueError("parameters of an extension are nested too deep")
    key = name if in_guest else kebab(name)
    kind = ""
    if isinstance(value, dict):
        inside = in_guest or key == _GUEST
        text = "".join(
            _written("parameter", str(below), given, in_guest=inside, depth=depth + 1) for below, given in value.items()
        )
    elif isinstance(value, str):
        text = escape(value, quote=False)
    else:
        kind = {bool: "boolean", int: "integer"}.get(type(value), "json")
        text = escape(json.dumps(value), quote=False)
    type_attribute = f' type="{kind}"' if kind else ""
    return f'<ac:adf-{element} key="{escape(key)}"{type_attribute}>{text}</ac:adf-{element}>'
