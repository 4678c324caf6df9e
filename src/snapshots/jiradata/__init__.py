"""Jira data: an inventory of one Jira, matched with another, and macro definitions rewritten by the mapping."""
