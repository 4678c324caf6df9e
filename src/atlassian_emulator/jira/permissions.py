"""What users may do, by their role on the site."""

from __future__ import annotations

from typing import Final

from atlassian_emulator.users import User

PROJECT_PERMISSIONS: Final = {
    "BROWSE_PROJECTS": ("10", "Browse Projects", "viewer"),
    "CREATE_ISSUES": ("11", "Create Issues", "editor"),
    "EDIT_ISSUES": ("12", "Edit Issues", "editor"),
    "ADD_COMMENTS": ("15", "Add Comments", "editor"),
    "DELETE_ISSUES": ("16", "Delete Issues", "administrator"),
    "LINK_ISSUES": ("21", "Link Issues", "editor"),
    "ADMINISTER_PROJECTS": ("23", "Administer Projects", "administrator"),
    "ASSIGN_ISSUES": ("13", "Assign Issues", "editor"),
    "ASSIGNABLE_USER": ("17", "Assignable User", "editor"),
    "CREATE_ATTACHMENTS": ("19", "Create Attachments", "editor"),
    "WORK_ON_ISSUES": ("20", "Work On Issues", "editor"),
    "RESOLVE_ISSUES": ("14", "Resolve Issues", "editor"),
    "CLOSE_ISSUES": ("18", "Close Issues", "editor"),
    "SCHEDULE_ISSUES": ("28", "Schedule Issues", "editor"),
    "MOVE_ISSUES": ("25", "Move Issues", "editor"),
    "SET_ISSUE_SECURITY": ("26", "Set Issue Security", "editor"),
    "MODIFY_REPORTER": ("30", "Modify Reporter", "editor"),
    "VIEW_VOTERS_AND_WATCHERS": ("31", "View Voters and Watchers", "viewer"),
    "MANAGE_WATCHERS": ("32", "Manage Watchers", "editor"),
    "EDIT_ALL_COMMENTS": ("34", "Edit All Comments", "administrator"),
    "EDIT_OWN_COMMENTS": ("35", "Edit Own Comments", "editor"),
    "DELETE_ALL_COMMENTS": ("36", "Delete All Comments", "administrator"),
    "DELETE_OWN_COMMENTS": ("37", "Delete Own Comments", "editor"),
    "DELETE_ALL_ATTACHMENTS": ("38", "Delete All Attachments", "administrator"),
    "DELETE_OWN_ATTACHMENTS": ("39", "Delete Own Attachments", "editor"),
    "EDIT_OWN_WORKLOGS": ("40", "Edit Own Worklogs", "editor"),
    "EDIT_ALL_WORKLOGS": ("41", "Edit All Worklogs", "administrator"),
    "DELETE_OWN_WORKLOGS": ("42", "Delete Own Worklogs", "editor"),
    "DELETE_ALL_WORKLOGS": ("43", "Delete All Worklogs", "administrator"),
    "VIEW_DEV_TOOLS": ("29", "View Development Tools", "viewer"),
    "TRANSITION_ISSUES": ("46", "Transition Issues", "editor"),
}
GLOBAL_PERMISSIONS: Final = {
    "ADMINISTER": ("0", "Administer Jira", "administrator"),
    "USER_PICKER": ("27", "Browse users and groups", "viewer"),
    "CREATE_SHARED_OBJECTS": ("22", "Share dashboards and filters", "editor"),
    "BULK_CHANGE": ("33", "Make bulk changes", "editor"),
    "SYSTEM_ADMIN": ("44", "Administer Atlassian", "administrator"),
}
"""Key → Jira's id, name, and the least role that has it."""

_RANKS: Final = {"person": 0, "viewer": 1, "editor": 2, "administrator": 3}


def has_permission(user: User, key: str) -> bool:
    """By role alone; whether a project is hidden from the user comes on top."""
    least = (PROJECT_PERMISSIONS.get(key) or GLOBAL_PERMISSIONS[key])[2]
    return _RANKS[user.role] >= _RANKS[least]
