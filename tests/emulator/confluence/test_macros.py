from __future__ import annotations

import pytest

from atlassian_emulator.confluence.adf import adf_from_storage, storage_from_adf
from atlassian_emulator.confluence.macros import scan_macros

FORGE_NODE = (
    '<ac:adf-node type="extension"><ac:adf-attribute key="extension-key">app/env/static/snapshots</ac:adf-attribute>'
    '<ac:adf-attribute key="extension-type">com.atlassian.ecosystem</ac:adf-attribute>'
    '<ac:adf-attribute key="parameters"><ac:adf-parameter key="local-id">the-id</ac:adf-parameter>'
    '<ac:adf-parameter key="guest-params"><ac:adf-parameter key="definition">{"a":1}</ac:adf-parameter>'
    "</ac:adf-parameter></ac:adf-attribute></ac:adf-node>"
)
FORGE = f"<ac:adf-extension>{FORGE_NODE}<ac:adf-fallback>{FORGE_NODE}</ac:adf-fallback></ac:adf-extension>"


def macro_text(name, macro_id, inner):
    return f'<ac:structured-macro ac:name="{name}" ac:macro-id="{macro_id}">{inner}</ac:structured-macro>'


def test_a_macro_without_an_id_gets_one_and_nothing_else_changes():
    start = '<ac:structured-macro ac:name="a>b" ac:schema-version="1"/>'
    body = f"<p>é&nbsp;x</p>{start}<p><![CDATA[<ac:structured-macro>]]></p>"
    scan = scan_macros(body)
    (macro,) = scan.macros
    assert scan.body.replace(f' ac:macro-id="{macro.macro_id}"', "") == body
    assert scan_macros(scan.body) == scan


def test_a_macro_id_that_is_met_twice_is_changed_in_the_second():
    one = '<ac:structured-macro ac:name="x" ac:macro-id="7"></ac:structured-macro>'
    scan = scan_macros(one + one)
    first, second = scan.macros
    assert first.macro_id == "7" != second.macro_id
    assert scan.body.startswith(one)


def test_parameters_and_bodies_belong_to_the_innermost_macro():
    inner = macro_text("in", "2", '<ac:parameter ac:name="p">&lt;v&gt;</ac:parameter>')
    body = macro_text("out", "1", f"<ac:rich-text-body>{inner}</ac:rich-text-body>")
    outer, nested = scan_macros(body).macros
    assert (outer.parameters, outer.body) == ({}, inner)
    assert nested.parameters == {"p": "<v>"}


def test_a_forge_macro_is_named_by_the_end_of_its_key():
    (macro,) = scan_macros(FORGE).macros
    assert (macro.name, macro.macro_id, macro.parameters) == ("snapshots", "the-id", {"definition": '{"a":1}'})


@pytest.mark.parametrize(
    "storage",
    [
        "<p>a <strong>b</strong></p><h2>c</h2><ul><li><p>d</p></li></ul><hr />",
        "<table><tbody><tr><th><p>a</p></th><td><p>b</p></td></tr></tbody></table>",
        '<p><a href="http://x?a=1&amp;b">l</a><br />after</p>',
        '<ac:structured-macro ac:name="snapshots" ac:schema-version="1" ac:macro-id="9">'
        '<ac:parameter ac:name="definition">{&lt;}</ac:parameter></ac:structured-macro>',
        FORGE,
    ],
)
def test_what_both_formats_know_survives_the_way_there_and_back(storage):
    assert storage_from_adf(adf_from_storage(storage)) == storage


def test_a_macro_is_found_by_its_id_in_each_version(client):
    body = macro_text("snapshots", "7", '<ac:parameter ac:name="v">{}</ac:parameter>')
    page = client.add_page(client.add_space(), "A page", body.format(1))
    client.update_page(page["id"], 2, body.format(2))
    path = f"/wiki/rest/api/content/{page['id']}/history"
    found = [client.get(f"{path}/{number}/macro/id/7")["parameters"]["v"]["value"] for number in (1, 2, 0)]
    assert found == ["1", "2", "2"]
    assert client.ask("GET", f"{path}/1/macro/id/8").status == 404
    assert client.ask("GET", f"{path}/3/macro/id/7").status == 404
