"""Jira Data Center: /rest/api/2 and what is below /rest/agile/1.0."""
