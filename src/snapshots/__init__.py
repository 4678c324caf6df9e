"""Snapshots: Jira data frozen inside Confluence pages, and the registry that keeps it usable."""

__version__ = "0.1.0"
