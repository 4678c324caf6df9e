"""Storage format and ADF say the same of a macro."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atlassian_emulator.confluence.adf import adf_from_storage, storage_from_adf
from atlassian_emulator.confluence.macros import scan_macros

FORGE = (
    '<ac:adf-node type="extension"><ac:adf-attribute key="extension-key">app/env/static/snapshots</ac:adf-attribute>'
    '<ac:adf-attribute key="extension-type">com.atlassian.ecosystem</ac:adf-attribute>'
    '<ac:adf-attribute key="parameters"><ac:adf-parameter key="local-id">L1</ac:adf-parameter>'
    '<ac:adf-parameter key="guest-params">'
    '<ac:adf-parameter key="definition">{"a":"&lt;b&gt; &amp; é"}</ac:adf-parameter>'
    '<ac:adf-parameter key="attachment-version" type="integer">3</ac:adf-parameter></ac:adf-parameter>'
    '<ac:adf-parameter key="embedded-macro-context"><ac:adf-parameter key="extension-data">'
    '<ac:adf-parameter key="content"><ac:adf-parameter key="id">12</ac:adf-parameter></ac:adf-parameter>'
    "</ac:adf-parameter></ac:adf-parameter></ac:adf-attribute>"
    '<ac:adf-attribute key="layout">default</ac:adf-attribute>'
    '<ac:adf-attribute key="local-id">N1</ac:adf-attribute></ac:adf-node>'
)
MACRO = (
    '<ac:structured-macro ac:name="{}" ac:schema-version="1" ac:local-id="n" ac:macro-id="m">{}</ac:structured-macro>'
)
BODIES = {
    "forge": f"<ac:adf-extension>{FORGE}<ac:adf-fallback>{FORGE}</ac:adf-fallback></ac:adf-extension>",
    "classic": MACRO.format("snapshots", '<ac:parameter ac:name="definition">{"a":"&lt;b"}</ac:parameter>'),
    "with text": MACRO.format("noformat", "<ac:plain-text-body><![CDATA[<b>&amp;]]></ac:plain-text-body>"),
    "with body": MACRO.format("panel", "<ac:rich-text-body><p>inside</p></ac:rich-text-body>"),
    "in a line": f"<p>is {MACRO.format('status', '')} now</p>",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_macro_comes_back_byte_for_byte(body):
    assert storage_from_adf(adf_from_storage(body)) == body


def test_adf_has_forge_s_parameters_where_an_app_looks_for_them():
    (node,) = adf_from_storage(BODIES["forge"])["content"]
    assert (node["type"], node["attrs"]["localId"], node["attrs"]["layout"]) == ("extension", "N1", "default")
    parameters = node["attrs"]["parameters"]
    assert parameters["localId"] == "L1"
    assert parameters["guestParams"] == {"definition": '{"a":"<b> & é"}', "attachment-version": 3}
    assert parameters["embeddedMacroContext"]["extensionData"]["content"] == {"id": "12"}
    (macro,) = scan_macros(BODIES["forge"]).macros
    assert (macro.name, macro.macro_id, macro.parameters["attachment-version"]) == ("snapshots", "L1", "3")


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=20)
VALUES = st.recursive(TEXT | st.integers() | st.booleans(), lambda v: st.dictionaries(TEXT, v, min_size=1, max_size=3))


@settings(max_examples=60, deadline=None)
@given(guest=st.dictionaries(TEXT, VALUES, max_size=4))
def test_whatever_an_app_keeps_in_its_macro_survives(guest):
    attrs = {"extensionType": "com.atlassian.ecosystem", "extensionKey": "a/b/static/c"}
    attrs["parameters"] = {"localId": "L", "guestParams": guest}
    document = {"type": "doc", "version": 1, "content": [{"type": "extension", "attrs": attrs}]}
    assert adf_from_storage(storage_from_adf(document)) == document


def test_code_is_a_node_of_its_own():
    code = '<ac:parameter ac:name="language">py</ac:parameter><ac:plain-text-body><![CDATA[a<b]]></ac:plain-text-body>'
    body = f'<ac:structured-macro ac:name="code" ac:schema-version="1">{code}</ac:structured-macro>'
    (node,) = adf_from_storage(body)["content"]
    assert node == {"type": "codeBlock", "attrs": {"language": "py"}, "content": [{"type": "text", "text": "a<b"}]}
    assert storage_from_adf(adf_from_storage(body)) == body


def test_a_body_is_converted_on_request(client):
    text = {"representation": "storage", "value": BODIES["forge"]}
    path = "/wiki/rest/api/contentbody/convert/async"
    started = client.post(f"{path}/atlas_doc_format", text)
    done = client.get(f"{path}/{started['asyncId']}")
    assert (done["status"], done["representation"]) == ("COMPLETED", "atlas_doc_format")
    back = {"representation": "atlas_doc_format", "value": done["value"]}
    again = client.get(f"{path}/{client.post(f'{path}/storage', back)['asyncId']}")
    assert again["value"] == BODIES["forge"]


def test_a_macro_is_given_as_it_is_stored(client):
    page = client.add_page(client.add_space(), "A page", f"<p>x</p>{BODIES['classic']}<p>y</p>")
    path = f"/wiki/rest/api/content/{page['id']}/history/0/macro/id/m"
    assert client.get(f"{path}/convert/storage")["value"] == BODIES["classic"]
    assert client.get(path)["parameters"] == {"definition": {"value": '{"a":"<b"}'}}
