"""Our macro in page bodies: both forms, tricky XML, and the laws of changing one."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snapshots.atlassian.macro import Macro, Pointer, add_macro, find_macros, set_definition, set_pointer
from snapshots.errors import InvalidInput, NotFound

SHA = "0123456789abcdef" * 4
POINTER = Pointer("6f1c0a52-0d8e-4d0e-9a53-0f4c4b6a7a10", 3, SHA)


def structured(macro_id: str = "m-1", inner: str = "", name: str = "snapshots") -> str:
    return (
        f'<ac:structured-macro ac:name="{name}" ac:schema-version="1" ac:macro-id="{macro_id}">'
        f"{inner}</ac:structured-macro>"
    )


def parameter(name: str, text: str) -> str:
    return f'<ac:parameter ac:name="{name}">{text}</ac:parameter>'


def forge_node(macro_id: str = "f-1", guest: str | None = "", key: str = "app-uuid/env-uuid/static/snapshots") -> str:
    guest_params = "" if guest is None else f'<ac:adf-parameter key="guest-params">{guest}</ac:adf-parameter>'
    return f"""<ac:adf-node type="extension">
  <ac:adf-attribute key="extension-key">{key}</ac:adf-attribute>
  <ac:adf-attribute key="extension-type">com.atlassian.ecosystem</ac:adf-attribute>
  <ac:adf-attribute key="parameters">
    <ac:adf-parameter key="local-id">{macro_id}</ac:adf-parameter>
    <ac:adf-parameter key="embedded-macro-context">
      <ac:adf-parameter key="extension-data"><ac:adf-parameter key="type">macro</ac:adf-parameter>
        <ac:adf-parameter key="content"><ac:adf-parameter key="id">98765</ac:adf-parameter></ac:adf-parameter>
        <ac:adf-parameter key="space"><ac:adf-parameter key="key">OLD</ac:adf-parameter></ac:adf-parameter>
      </ac:adf-parameter>
    </ac:adf-parameter>{guest_params}
  </ac:adf-attribute>
  <ac:adf-attribute key="local-id">the-other-local-id</ac:adf-attribute>
</ac:adf-node>"""


def forge(macro_id: str = "f-1", guest: str | None = "", **node: str) -> str:
    copy = forge_node(macro_id, guest, **node)
    return f"<ac:adf-extension>{copy}<ac:adf-fallback>{copy}</ac:adf-fallback></ac:adf-extension>"


def adf_parameter(name: str, text: str, attributes: str = "") -> str:
    return f'<ac:adf-parameter key="{name}"{attributes}>{text}</ac:adf-parameter>'


class TestFinding:
    def test_a_macro_never_set_up(self):
        assert find_macros(structured()) == [Macro("m-1", "structured", None, None)]

    def test_everything_of_a_classic_one(self):
        inner = (
            parameter("definition", "{&quot;levels&quot;:[&lt;é&#x20AC;&nbsp;]}")
            + parameter("capture", POINTER.capture_id)
            + parameter("attachment-version", "3")
            + parameter("payload-sha256", SHA)
        )
        assert find_macros(f"<p>a</p>{structured('m', inner)}") == [
            Macro("m", "structured", '{"levels":[<é€\xa0]}', POINTER)
        ]

    def test_everything_of_a_forge_one_once(self):
        guest = (
            adf_parameter("definition", "{}")
            + adf_parameter("capture", POINTER.capture_id)
            + adf_parameter("attachment-version", "3", ' type="integer"')
            + adf_parameter("payload-sha256", SHA)
        )
        assert find_macros(forge("f", guest)) == [Macro("f", "forge", "{}", POINTER, "98765", "OLD")]

    def test_only_ours(self):
        body = (
            structured("x", name="jira")
            + forge("y", key="app/env/static/other-snapshots")
            + "<p>snapshots</p><ac:adf-extension/>"
            + '<ac:structured-macro ac:name="code" ac:macro-id="z"><ac:plain-text-body>'
            + f"<![CDATA[{structured('in-cdata')}]]></ac:plain-text-body></ac:structured-macro>"
            + f"<!-- {structured('in-comment')} -->"
        )
        assert find_macros(body) == []

    def test_one_without_an_id_is_skipped(self):
        assert find_macros('<ac:structured-macro ac:name="snapshots"/>' + structured("")) == []
        assert find_macros(forge("")) == []

    def test_nested_in_order(self):
        inner = f"<ac:rich-text-body><p>{structured('two')}</p></ac:rich-text-body>"
        body = structured("one", inner) + structured(
            "x", f"<ac:rich-text-body>{forge('three')}</ac:rich-text-body>", "panel"
        )
        assert [macro.remote_id for macro in find_macros(body)] == ["one", "two", "three"]

    def test_in_the_content_of_another_forge_macro_and_its_fallback(self):
        ours = structured("m", parameter("definition", "old"))
        body = (
            '<ac:adf-extension><ac:adf-node type="panel"><ac:adf-content>'
            f"{ours}</ac:adf-content></ac:adf-node><ac:adf-fallback><div>{ours}</div></ac:adf-fallback></ac:adf-extension>"
        )
        assert find_macros(body) == [Macro("m", "structured", "old", None)]
        assert set_definition(body, "m", "new") == body.replace("old", "new")

    def test_twins_are_both_found(self):
        assert [macro.remote_id for macro in find_macros(structured("m") + structured("m"))] == ["m", "m"]

    @pytest.mark.parametrize(
        ("version", "digest"), [("0", SHA), ("x", SHA), ("", SHA), ("9" * 20, SHA), ("3", SHA[1:]), ("3", SHA.upper())]
    )
    def test_a_broken_pointer_is_none(self, version, digest):
        inner = (
            parameter("capture", "c") + parameter("attachment-version", version) + parameter("payload-sha256", digest)
        )
        assert find_macros(structured("m", inner))[0].pointer is None

    def test_entities_of_html(self):
        body = f"<p>&nbsp;&mdash;&eacute;&hellip;&apos;&lt;</p>{structured()}"
        assert len(find_macros(body)) == 1


class TestChanging:
    def test_a_definition_in_place(self):
        body = f"<p>é&nbsp;—</p>\r\n{structured('m', parameter('definition', 'old') + parameter('capture', 'c'))}<hr />"
        assert set_definition(body, "m", "new") == body.replace("old", "new")

    def test_a_first_pointer_goes_behind_the_definition_and_before_a_body(self):
        body = structured("m", parameter("definition", "d") + "<ac:rich-text-body><p/></ac:rich-text-body>")
        expected = structured(
            "m",
            parameter("definition", "d")
            + parameter("capture", POINTER.capture_id)
            + parameter("attachment-version", "3")
            + parameter("payload-sha256", SHA)
            + "<ac:rich-text-body><p/></ac:rich-text-body>",
        )
        assert set_pointer(body, "m", POINTER) == expected

    def test_elements_without_content(self):
        body = '<ac:structured-macro ac:macro-id="m" ac:name="snapshots" />'
        assert set_definition(body, "m", "d") == (
            '<ac:structured-macro ac:macro-id="m" ac:name="snapshots">'
            '<ac:parameter ac:name="definition">d</ac:parameter></ac:structured-macro>'
        )
        body = structured("m", '<ac:parameter ac:name="definition" a="/>"/>')
        assert set_definition(body, "m", "d") == structured(
            "m", '<ac:parameter ac:name="definition" a="/>">d</ac:parameter>'
        )
        body = structured("m", '<ac:parameter ac:name="definition"></ac:parameter>')
        assert set_definition(body, "m", "d") == structured("m", parameter("definition", "d"))

    def test_a_definition_in_cdata_is_replaced_as_a_whole(self):
        body = structured("m", parameter("definition", "a<![CDATA[<b>]]>&amp;<!-- c -->"))
        assert find_macros(body)[0].definition == "a<b>&"
        assert set_definition(body, "m", "d") == structured("m", parameter("definition", "d"))

    def test_to_what_it_is_changes_nothing_at_all(self):
        body = structured("m", parameter("definition", "a<![CDATA[<b>]]>&#38;"))
        assert set_definition(body, "m", "a<b>&") == body

    def test_a_forge_macro_and_its_fallback(self):
        body = forge(
            "f", adf_parameter("definition", "old") + adf_parameter("attachment-version", "9", ' type="integer"')
        )
        assert set_definition(body, "f", "new") == body.replace("old", "new")
        pointed = set_pointer(body, "f", POINTER)
        assert pointed.count(f'<ac:adf-parameter key="capture">{POINTER.capture_id}</ac:adf-parameter>') == 2
        assert pointed.count('<ac:adf-parameter key="attachment-version" type="integer">3</ac:adf-parameter>') == 2

    @pytest.mark.parametrize("guest", [None, "", " \n "])
    def test_a_forge_macro_never_set_up(self, guest):
        changed = set_definition(forge("f", guest), "f", "d")
        assert find_macros(changed) == [Macro("f", "forge", "d", None, "98765", "OLD")]
        assert changed.count('key="guest-params">') == 2

    def test_a_forge_macro_with_empty_tags(self):
        body = forge("f", None).replace(
            '</ac:adf-attribute>\n  <ac:adf-attribute key="local-id"',
            '<ac:adf-parameter key="guest-params"/></ac:adf-attribute>\n  <ac:adf-attribute key="local-id"',
        )
        assert find_macros(set_definition(body, "f", "d"))[0].definition == "d"

    @pytest.mark.parametrize(
        "change", [lambda body: set_definition(body, "m", "d"), lambda body: set_pointer(body, "m", POINTER)]
    )
    def test_twins_cannot_be_told_apart(self, change):
        with pytest.raises(InvalidInput, match="stands 2 times"):
            change(structured("m") + structured("m"))

    def test_one_that_is_gone(self):
        with pytest.raises(NotFound, match="Macro m is not on the page"):
            set_definition(structured("other"), "m", "d")

    def test_adding(self):
        body = add_macro("<p>&nbsp;</p>", 'a"b', "<d>")
        assert body.startswith("<p>&nbsp;</p><ac:structured-macro ")
        assert find_macros(body) == [Macro('a"b', "structured", "<d>", None)]
        with pytest.raises(InvalidInput, match="on the page already"):
            add_macro(body, 'a"b', "d")

    @pytest.mark.parametrize("text", ["\x00", "a\x0b", "\ud800", "\ufffe"])
    def test_what_no_page_can_hold_is_refused(self, text):
        with pytest.raises(InvalidInput, match=r"cannot hold the character U\+"):
            set_definition(structured("m"), "m", text)


class TestMalformed:
    @pytest.mark.parametrize(
        ("body", "line"),
        [
            ("<p>", 1),
            ("<p>\n</b>", 2),
            ("\n\n</body>", 3),
            ("</body><body>", 1),
            ("\n<p>&unknown;</p>", 2),
            ("a\n<!DOCTYPE x [<!ENTITY b 'c'>]>", 2),
            ("\n\n\n<p a=b/>", 4),
            ("\n\x01", 2),
        ],
    )
    def test_is_refused_by_line(self, body, line):
        with pytest.raises(InvalidInput, match=f"in line {line};"):
            set_definition(body, "m", "d")

    def test_half_a_surrogate_pair_is_refused_by_line(self):
        with pytest.raises(InvalidInput, match="broken character in line 2"):
            find_macros("snapshots\n\ud800")

    def test_a_bomb_of_entities_is_refused(self):
        bomb = "<!DOCTYPE body [" + "".join(f'<!ENTITY a{n + 1} "&a{n};&a{n};">' for n in range(40)) + "]><p>&a40;</p>"
        with pytest.raises(InvalidInput):
            find_macros(f"{bomb}snapshots")

    def test_deep_nesting_is_no_trouble(self):
        deep = "<b>" * 20_000 + "x" + "</b>" * 20_000
        body = structured("m", f"<ac:rich-text-body>{deep}</ac:rich-text-body>")
        assert find_macros(set_pointer(body, "m", POINTER))[0].pointer == POINTER


def test_a_body_of_megabytes():
    # Nothing is timed here; a reader that were not linear would meet the time-out of the tests.
    table = f"<table>{'<tr><td>x &amp; y</td></tr>' * 8_000}</table>"
    body = table * 6 + structured("m", f"<ac:rich-text-body>{table}</ac:rich-text-body>")
    assert find_macros(set_pointer(body, "m", POINTER))[0].pointer == POINTER


# What may stand around a macro in a real body, and what is hard about it.
FILLER = st.lists(
    st.sampled_from(
        [
            "<p>text</p>",
            "&nbsp;",
            "é—€😀",
            "\r\n\t",
            '<p title="a > b">x</p>',
            "<p title='&quot;/>'/>",
            "<br/>",
            "<br />",
            "<!-- <ac:structured-macro> -->",
            "<?pi <x> ?>",
            "<![CDATA[<ac:structured-macro ac:name='snapshots' ac:macro-id='m'>]]>",
            structured("other", parameter("definition", "d")),
            structured("", parameter("definition", "d")),
            structured("x", "<ac:plain-text-body><![CDATA[a ]] > <b>]]></ac:plain-text-body>", "code"),
            forge("other-forge"),
            "<ri:page ri:content-title='x'/>",
        ]
    ),
    max_size=6,
).map("".join)

TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n\r<>&\"']")
)

INNER = st.sampled_from(
    [
        "",
        parameter("definition", "old"),
        '<ac:parameter ac:name="definition"/>',
        parameter("capture", "c") + "\n" + parameter("definition", "<![CDATA[old]]>") + parameter("unknown", "u"),
        "<!-- c -->" + parameter("definition", "a") + parameter("definition", "b"),
        "<ac:rich-text-body>&nbsp;</ac:rich-text-body>",
    ]
)
FORGE_GUEST = st.sampled_from([None, "", adf_parameter("definition", "old"), '<ac:adf-parameter key="definition" />'])
OURS = INNER.map(lambda inner: structured("m", inner)) | FORGE_GUEST.map(lambda guest: forge("m", guest))


def pointers() -> st.SearchStrategy[Pointer]:
    return st.builds(
        Pointer,
        st.uuids().map(str),
        st.integers(1, 10**9),
        st.text("0123456789abcdef", min_size=64, max_size=64),
    )


class TestLaws:
    @settings(max_examples=50)
    @given(before=FILLER, ours=OURS, after=FILLER, text=TEXT)
    def test_what_was_set_is_found_and_nothing_around_it_moves(self, before, ours, after, text):
        body = before + ours + after
        changed = set_definition(body, "m", text)
        assert changed.startswith(before) and changed.endswith(after)
        by_id = {macro.remote_id: macro for macro in find_macros(changed)}
        assert by_id["m"].definition == text
        others = [macro for macro in find_macros(body) if macro.remote_id != "m"]
        assert [macro for macro in find_macros(changed) if macro.remote_id != "m"] == others

    @settings(max_examples=50)
    @given(before=FILLER, ours=OURS, after=FILLER, pointer=pointers(), text=TEXT)
    def test_pointer_and_definition_do_not_disturb_each_other(self, before, ours, after, pointer, text):
        body = before + ours + after
        one_way = set_pointer(set_definition(body, "m", text), "m", pointer)
        other_way = set_definition(set_pointer(body, "m", pointer), "m", text)
        for changed in (one_way, other_way):
            (found,) = (macro for macro in find_macros(changed) if macro.remote_id == "m")
            assert (found.definition, found.pointer) == (text, pointer)

    @settings(max_examples=50)
    @given(body=FILLER.flatmap(lambda before: OURS.map(before.__add__)), text=TEXT, pointer=pointers())
    def test_twice_is_once(self, body, text, pointer):
        once = set_definition(body, "m", text)
        assert set_definition(once, "m", text) == once
        pointed = set_pointer(body, "m", pointer)
        assert set_pointer(pointed, "m", pointer) == pointed

    @settings(max_examples=50)
    @given(body=FILLER.flatmap(lambda before: OURS.map(before.__add__)), text=TEXT)
    def test_setting_back_gives_the_same_bytes_where_the_text_was_plain(self, body, text):
        first = set_definition(body, "m", "plain")
        assert set_definition(set_definition(first, "m", text), "m", "plain") == first

    @settings(max_examples=50)
    @given(body=FILLER, text=TEXT)
    def test_added_is_found(self, body, text):
        macro_id = str(uuid.uuid4())
        assert Macro(macro_id, "structured", text, None) in find_macros(add_macro(body, macro_id, text))

    @settings(max_examples=50)
    @given(
        st.text() | FILLER.flatmap(lambda body: st.integers(0, len(body)).map(lambda at: body[:at] + "<" + body[at:]))
    )
    def test_any_text_is_read_or_refused(self, body):
        try:
            set_definition(body, "m", "d")
        except (InvalidInput, NotFound):
            pass
        else:
            pytest.fail("there is no macro m in it")
