"""Jira's wiki markup, as Data Center stores it, to the documents that Cloud stores."""

from atlassian_emulator.jira.wiki.blocks import wiki_to_document

__all__ = ["wiki_to_document"]
