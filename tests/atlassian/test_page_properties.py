"""Page properties as Confluence's editors write them."""

from __future__ import annotations

import pytest

from snapshots.atlassian.macro import read_page_properties
from snapshots.errors import InvalidInput


def details(table: str) -> str:
    return (
        '<ac:structured-macro ac:name="details" ac:schema-version="1"><ac:parameter ac:name="id">x</ac:parameter>'
        f"<ac:rich-text-body>{table}</ac:rich-text-body></ac:structured-macro>"
    )


def row(*cells: str) -> str:
    return f"<tr>{''.join(cells)}</tr>"


def test_rows_of_heading_and_cell():
    body = details(
        "<table><colgroup><col/></colgroup><tbody>"
        + row("<th><p><strong>Release</strong></p></th>", "<td><p>2.1&nbsp;&amp;&nbsp;up</p></td>")
        + row("<th>Owner\n of it</th>", "<td>Ann</td>", "<td>ignored</td>")
        + row("<td>no heading</td>", "<td>x</td>")
        + row("<th>Empty</th>", "<td/>")
        + row("<th></th>", "<td>nameless</td>")
        + "</tbody></table>"
    )
    assert read_page_properties(f"<p>details</p>{body}") == {"Release": "2.1 & up", "Owner of it": "Ann", "Empty": ""}


def test_headings_over_cells():
    table = "<table>" + row("<th>A</th>", "<th>B</th>") + row("<td>1</td>", "<td>2</td>") + "</table>"
    assert read_page_properties(details(table)) == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("<p>one</p><p>two<br/>three</p>", "one two three"),
        ("<ul><li>a</li><li>b</li></ul>", "a b"),
        ('<time datetime="2026-11-23"/>', "2026-11-23"),
        ('<ac:link><ri:user ri:account-id="712020:x"/></ac:link>', "712020:x"),
        ('<ac:link><ri:page ri:content-title="Plan &amp; B"/></ac:link>', "Plan & B"),
        (
            '<ac:link><ri:page ri:content-title="Plan"/>'
            "<ac:plain-text-link-body><![CDATA[the <plan>]]></ac:plain-text-link-body></ac:link>",
            "the <plan>",
        ),
        (
            '<ac:structured-macro ac:name="status"><ac:parameter ac:name="colour">Green</ac:parameter>'
            '<ac:parameter ac:name="title">DONE</ac:parameter></ac:structured-macro>',
            "DONE",
        ),
        ("<table><tr><th>in</th><td>side</td></tr></table>", "in side"),
        ("co<em>mpou</em>nd", "compound"),
    ],
)
def test_a_cell_as_its_reader_sees_it(cell, text):
    table = f"<table><tbody>{row('<th>Name</th>', f'<td>{cell}</td>')}</tbody></table>"
    assert read_page_properties(details(table)) == {"Name": text}


def test_the_first_of_a_name_counts():
    table = "<table>" + row("<th>A</th>", "<td>1</td>") + "</table>"
    assert read_page_properties(details(table) + details(table.replace("1", "2"))) == {"A": "1"}


def test_tables_elsewhere_are_no_properties():
    table = "<table>" + row("<th>A</th>", "<td>1</td>") + "</table>"
    assert read_page_properties(f"<p>details</p>{table}") == {}


def test_a_malformed_body_is_refused():
    with pytest.raises(InvalidInput, match="in line 2"):
        read_page_properties("details\n<p>")
