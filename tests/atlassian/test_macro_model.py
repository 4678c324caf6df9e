"""Comments and names of attachments."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snapshots.atlassian.macro import PayloadLabel, attachment_name, format_attachment_comment, parse_attachment_comment

SHA = "0123456789abcdef" * 4


@given(st.uuids().map(str), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_a_comment_is_read_as_it_was_written(capture_id, digest):
    assert parse_attachment_comment(format_attachment_comment(capture_id, digest)) == PayloadLabel(capture_id, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Holiday photo",
        f"capture  sha256:{SHA}",
        f"capture c sha256:{SHA[1:]}",
        f"capture c sha256:{SHA.upper()}",
        f"capture c sha256:{SHA} and more",
        f"a capture c sha256:{SHA}",
        f"capture c/d sha256:{SHA}",
    ],
)
def test_other_comments_are_nobodys(text):
    assert parse_attachment_comment(text) is None


def test_the_name_of_the_attachment():
    assert attachment_name("1f6e") == "snapshots-1f6e.json"
