"""The same site served as Data Center: Confluence at /rest/api, Jira at /rest/api/2.

directory (one floor up)  names and keys of people, by which Data Center knows them
borrowing.py, dressing.py operations that Cloud has too: the request into Cloud's words, the answer out of them
confluence/, jira/        what differs in more than words
"""

from atlassian_emulator.data_center import confluence, jira
from atlassian_emulator.routing import Route

__all__ = ["ROUTES"]

ROUTES: tuple[Route, ...] = (*confluence.ROUTES, *jira.ROUTES)
