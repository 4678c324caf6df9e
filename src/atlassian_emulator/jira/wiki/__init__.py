"""Jira's wiki markup, as Data Center stores it, to the documents that Cloud stores, and back."""

from atlassian_emulator.jira.wiki.blocks import wiki_to_document
from atlassian_emulator.jira.wiki.writing import document_to_wiki

__all__ = ["document_to_wiki", "wiki_to_document"]
