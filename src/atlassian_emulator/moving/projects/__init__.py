"""A Jira project on its way to another site, as Atlassian's migration of projects does it.

New at the destination: the ids of the project, its issues, comments, worklogs, links, files, components, versions,
boards and sprints, and of custom fields and options. Found there by name, or made: issue types, statuses, priorities,
resolutions, link types, custom fields. The same: keys (unless the project is renamed), texts, people, times, history.
Links and parents in other projects come along when those projects are there, or with them when they come later.
Not moved: filters, security levels, permissions.
"""

from atlassian_emulator.moving.projects.arrival import Wishes, import_project
from atlassian_emulator.moving.projects.departure import export_project

__all__ = ["Wishes", "export_project", "import_project"]
