"""Our macro in bodies in ADF: Forge's and the classic form, hostile JSON, and the laws of changing one."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.atlassian.macro import (
    Macro,
    Pointer,
    add_macro,
    find_macros,
    is_adf,
    read_page_properties,
    set_definition,
    set_pointer,
)
from snapshots.errors import InvalidInput, NotFound

SHA = "0123456789abcdef" * 4
POINTER = Pointer("6f1c0a52-0d8e-4d0e-9a53-0f4c4b6a7a10", 3, SHA)
SET_UP = {"capture": POINTER.capture_id, "attachment-version": "3", "payload-sha256": SHA}


def classic(macro_id="m-1", params=None, key="snapshots", **node):
    parameters = {
        "macroParams": {name: {"value": text} for name, text in (params or {}).items()},
        "macroMetadata": {"macroId": {"value": macro_id}, "schemaVersion": {"value": "1"}, "title": "Snapshots"},
    }
    attrs = {
        "extensionType": "com.atlassian.confluence.macro.core",
        "extensionKey": key,
        "parameters": parameters,
        "localId": "other",
    }
    return {"type": "extension", "attrs": attrs, **node}


def forge(macro_id="f-1", guest=None, key="app-uuid/env-uuid/static/snapshots", **node):
    parameters = {
        "localId": macro_id,
        "guestParams": guest or {},
        "embeddedMacroContext": {"extensionData": {"content": {"id": "98765"}, "space": {"key": "OLD", "id": "7"}}},
        "extensionTitle": "Snapshots",
    }
    attrs = {"extensionType": "com.atlassian.ecosystem", "extensionKey": key, "parameters": parameters}
    return {"type": "extension", "attrs": attrs, **node}


def text(words):
    return {"type": "paragraph", "content": [{"type": "text", "text": words}]}


def document(*nodes, indent=None):
    body = {"type": "doc", "version": 1, "content": [text("snapshots"), *nodes, text("é ünd 😀")]}
    return json.dumps(body, indent=indent, ensure_ascii=indent is None)


class TestFinding:
    def test_everything_of_a_classic_one(self):
        body = document(classic("m", {"definition": '{"levels":[é]}', **SET_UP}))
        assert find_macros(body) == [Macro("m", "structured", '{"levels":[é]}', POINTER)]

    def test_everything_of_a_forge_one(self):
        body = document(forge("f", {"definition": "{}", **SET_UP, "attachment-version": 3}))
        assert find_macros(body) == [Macro("f", "forge", "{}", POINTER, "98765", "OLD")]

    def test_one_never_set_up(self):
        assert find_macros(document(classic())) == [Macro("m-1", "structured", None, None)]
        bare = forge()
        del bare["attrs"]["parameters"]
        bare["attrs"]["localId"] = "f-2"
        assert find_macros(document(bare)) == [Macro("f-2", "forge", None, None)]

    def test_nested_ones_in_order_and_every_kind_of_node(self):
        cell = {
            "type": "tableCell",
            "content": [{"type": "paragraph", "content": [forge("2", type="inlineExtension")]}],
        }
        table = {"type": "table", "content": [{"type": "tableRow", "content": [cell]}]}
        panel = {"type": "bodiedExtension", "attrs": {"extensionKey": "panel"}, "content": [classic("3")]}
        outer = classic("1", type="bodiedExtension", content=[table])
        assert [macro.remote_id for macro in find_macros(document(outer, panel, forge("4")))] == ["1", "2", "3", "4"]

    def test_only_ours(self):
        names = [
            classic(key="jira"),
            forge(key="app/env/static/other-snapshots"),
            forge(key="snapshots"),
            classic(key="app/env/static/snapshots"),
            classic(""),
            forge(""),
            {**classic(), "type": "paragraph"},
            text(json.dumps(classic())),
            {"type": "extension"},
            {"type": "extension", "attrs": {"extensionKey": "snapshots"}},
        ]
        assert find_macros(document(*names)) == []
        assert find_macros(document(*names).replace("snapshots", "others")) == []

    def test_a_storage_body_that_begins_with_a_brace_is_storage(self):
        body = '{"doc"} <ac:structured-macro ac:name="snapshots" ac:macro-id="m"/>'
        assert not is_adf("<p>{</p>")
        assert not is_adf("{ a set }")
        with pytest.raises(InvalidInput, match="it is no JSON in line 1"):
            find_macros(body)
        assert [macro.remote_id for macro in find_macros(body.replace('"doc"', "doc"))] == ["m"]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("macro", [classic("x", {"definition": "old", "a": "b"}), forge("x", {"definition": "old"})])
class TestChanging:
    def test_only_the_definition_changes(self, macro, indent):
        body = document(classic("other", {"definition": "old"}), macro, indent=indent)
        changed = set_definition(body, "x", 'né"w\n')
        assert [each.definition for each in find_macros(changed)] == ["old", 'né"w\n']
        first, second = [found.start() for found in re.finditer('"old"', body)]
        assert changed == body[:second] + '"né\\"w\\n"' + body[second + len('"old"') :]
        assert first < second

    def test_a_pointer_is_added_behind_what_is_there(self, macro, indent):
        body = document(macro, indent=indent)
        pointed = set_pointer(body, "x", POINTER)
        assert find_macros(pointed)[0].pointer == POINTER
        assert find_macros(pointed)[0].definition == "old"
        added = len(pointed) - len(body)
        place = next(at for at in range(len(body)) if body[at] != pointed[at])
        assert pointed[:place] + pointed[place + added :] == body

    def test_setting_what_is_there_changes_nothing(self, macro, indent):
        body = document(macro, indent=indent)
        assert set_definition(body, "x", "old") == body
        pointed = set_pointer(body, "x", POINTER)
        assert set_pointer(pointed, "x", POINTER) == pointed


@pytest.mark.parametrize("missing", ["definition", "guestParams", "parameters"])
def test_what_is_missing_of_a_forge_macro_is_made(missing):
    node = forge("x", {"definition": "old"})
    node["attrs"]["localId"] = "x"
    holder = {
        "definition": node["attrs"]["parameters"]["guestParams"],
        "guestParams": node["attrs"]["parameters"],
        "parameters": node["attrs"],
    }[missing]
    del holder[missing]
    changed = set_definition(document(node), "x", "new")
    assert [macro.definition for macro in find_macros(changed)] == ["new"]
    assert json.loads(changed)["content"][1]["attrs"]["extensionType"] == "com.atlassian.ecosystem"


@pytest.mark.parametrize("odd", [[], None, "text", 7])
def test_parameters_that_are_no_object_become_one(odd):
    node = classic("x")
    node["attrs"]["parameters"]["macroParams"] = odd
    assert [macro.definition for macro in find_macros(set_definition(document(node), "x", "new"))] == ["new"]


@pytest.mark.parametrize("value", ["old", 7, None, {}, {"value": None}, {"other": 1}])
def test_a_parameter_in_another_shape_is_read_and_changed(value):
    node = classic("x")
    node["attrs"]["parameters"]["macroParams"] = {"a": {"value": "b"}, "definition": value}
    changed = set_definition(document(node), "x", "new")
    assert [macro.definition for macro in find_macros(changed)] == ["new"]
    assert json.loads(changed)["content"][1]["attrs"]["parameters"]["macroParams"]["a"] == {"value": "b"}


def test_a_macro_is_added_at_the_end():
    body = document(text("a"), indent=2)
    added = add_macro(body, "m", '{"é": "\\"}')
    assert [(macro.remote_id, macro.definition) for macro in find_macros(added)] == [("m", '{"é": "\\"}')]
    assert json.loads(added)["content"][:-1] == json.loads(body)["content"]
    assert find_macros(add_macro('{"type":"doc","version":1,"content":[]}', "m", "d"))[0].definition == "d"
    with pytest.raises(InvalidInput, match="on the page already"):
        add_macro(added, "m", "d")
    with pytest.raises(InvalidInput, match="without content"):
        add_macro('{"type":"doc"}', "m", "d")


def test_a_macro_that_is_not_there_or_stands_twice():
    with pytest.raises(NotFound, match="Macro y is not on the page"):
        set_definition(document(classic("x")), "y", "d")
    with pytest.raises(InvalidInput, match="stands 2 times"):
        set_definition(document(classic("x"), forge("x")), "x", "d")


@pytest.mark.parametrize(
    "body",
    [
        '{"type":"doc" snapshots',
        '{"type":"doc","content":[{"type":"extension"}}, "snapshots"',
        '{"type":"doc","content":["snapshots\n"]}',
        '{"type":"docs","x":"doc snapshots"}'.replace("docs", 'doc"s'),
    ],
)
def test_a_broken_document_is_refused(body):
    with pytest.raises(InvalidInput, match="The page body cannot be read"):
        find_macros(body)


def test_json_that_is_no_document_is_refused():
    with pytest.raises(InvalidInput, match="no document"):
        find_macros('{"type":"page","x":"doc", "doc":"snapshots"}')


@pytest.mark.parametrize("depth", [50_000])
def test_depth_and_width_are_no_matter(depth):
    inner = json.dumps(classic("x", {"definition": "old"}))
    body = '{"type":"doc","content":[' * depth + inner + "]}" * depth
    assert [macro.definition for macro in find_macros(set_definition(body, "x", "new"))] == ["new"]
    wide = document(*(text(f"paragraph {number}") for number in range(5_000)), classic("x", {"definition": "old"}))
    assert set_definition(wide, "x", "new") == wide.replace('"old"', '"new"')


@pytest.mark.parametrize("character", ["\0", "\ud800", "\uffff"])
def test_what_no_page_can_hold_is_refused(character):
    with pytest.raises(InvalidInput, match="cannot hold the character"):
        set_definition(document(classic("x")), "x", f"a{character}b")


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"])),
    st.sampled_from([classic("x", {"definition": "old"}), forge("x"), forge("x", {"z": {"deep": [1]}})]),
    st.sampled_from([None, 0, 3]),
)
def test_any_definition_is_read_back_and_nothing_else_is_touched(definition, macro, indent):
    body = document(classic("other", {"definition": "kept"}), macro, indent=indent)
    changed = set_definition(body, "x", definition)
    assert [each.definition for each in find_macros(changed)] == ["kept", definition]
    changed.encode()
    document_before, document_after = json.loads(body), json.loads(changed)
    for each in (document_before, document_after):
        parameters = each["content"][2]["attrs"]["parameters"]
        (parameters.get("guestParams") or parameters.get("macroParams") or {}).pop("definition", None)
    assert document_after == document_before


def test_page_properties_of_a_document():
    def cell(kind, *content):
        return {"type": kind, "content": [{"type": "paragraph", "content": list(content)}]}

    def words(written):
        return {"type": "text", "text": written}

    status = {"type": "status", "attrs": {"text": "DONE", "color": "green"}}
    date = {"type": "date", "attrs": {"timestamp": "1763856000000"}}
    mention = {"type": "mention", "attrs": {"id": "712020:x", "text": "@Ada"}}
    rows = [
        (cell("tableHeader", words("Release")), cell("tableCell", words("2."), words("1 & up"))),
        (cell("tableHeader", words("State")), cell("tableCell", status, {"type": "hardBreak"}, date)),
        (cell("tableHeader", words("Owner")), cell("tableCell", mention)),
        (cell("tableCell", words("no heading")), cell("tableCell", words("x"))),
        (cell("tableHeader", words("Release")), cell("tableCell", words("second"))),
    ]
    table = {"type": "table", "content": [{"type": "tableRow", "content": list(row)} for row in rows]}
    details = {"type": "bodiedExtension", "attrs": {"extensionKey": "details"}, "content": [text("a"), table]}
    assert read_page_properties(document(table, details)) == {
        "Release": "2.1 & up",
        "State": "DONE 2025-11-23",
        "Owner": "712020:x",
    }
    across = [[cell("tableHeader", words("A")), cell("tableHeader", words("B"))], [cell("tableCell", words("1"))]]
    table["content"] = [{"type": "tableRow", "content": row} for row in across]
    assert read_page_properties(document(details)) == {"A": "1"}
    assert read_page_properties('{"doc" details') == {}
