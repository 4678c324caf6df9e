"""Our macro in the body of a page: find it, change it, point it at a capture. Pure.

Bodies are Confluence's storage format or ADF. What is not ours stays byte for byte the same.
"""

from snapshots.atlassian.macro.body import add_macro, find_macros, is_adf, set_definition, set_pointer
from snapshots.atlassian.macro.model import (
    MACRO_NAME,
    Macro,
    PayloadLabel,
    Pointer,
    attachment_name,
    format_attachment_comment,
    parse_attachment_comment,
)
from snapshots.atlassian.macro.properties import read_page_properties

__all__ = [
    "MACRO_NAME",
    "Macro",
    "PayloadLabel",
    "Pointer",
    "add_macro",
    "attachment_name",
    "find_macros",
    "format_attachment_comment",
    "is_adf",
    "parse_attachment_comment",
    "read_page_properties",
    "set_definition",
    "set_pointer",
]
