"""How Jira's data lies in SQLite.

What JQL asks for by itself has a column or a side table with an index. What is only shown lies in
`jira_shown` as JSON text, apart from the columns, so that a scan of all issues reads a tenth of the
file. Moments are µs since 1970 in UTC.
"""

from typing import Final

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS jira_projects (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, description TEXT NOT NULL,
  lead TEXT, category TEXT, last_number INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS jira_hidden_projects (
  project_id INTEGER NOT NULL REFERENCES jira_projects ON DELETE CASCADE, account_id TEXT NOT NULL,
  PRIMARY KEY (account_id, project_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jira_issue_types (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, level INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS jira_statuses (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, category TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jira_priorities (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, rank INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS jira_resolutions (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jira_link_types (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, inward TEXT NOT NULL, outward TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jira_components (
  id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES jira_projects ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT NOT NULL, UNIQUE (project_id, name));
CREATE TABLE IF NOT EXISTS jira_versions (
  id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES jira_projects ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT NOT NULL, archived INTEGER NOT NULL, released INTEGER NOT NULL,
  release_date TEXT, UNIQUE (project_id, name));
CREATE TABLE IF NOT EXISTS jira_boards (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, project_id INTEGER REFERENCES jira_projects ON DELETE SET NULL);
CREATE TABLE IF NOT EXISTS jira_sprints (
  id INTEGER PRIMARY KEY, board_id INTEGER REFERENCES jira_boards ON DELETE SET NULL, name TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL, start_date TEXT, end_date TEXT, complete_date TEXT, goal TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS jira_custom_fields (
  number INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jira_options (
  id INTEGER PRIMARY KEY, field INTEGER NOT NULL REFERENCES jira_custom_fields ON DELETE CASCADE,
  value TEXT NOT NULL, UNIQUE (field, value));

CREATE TABLE IF NOT EXISTS jira_issues (
  id INTEGER PRIMARY KEY, project_key TEXT NOT NULL, number INTEGER NOT NULL,
  parent_id INTEGER, type_id INTEGER NOT NULL, status_id INTEGER NOT NULL, priority_id INTEGER, resolution_id INTEGER,
  assignee TEXT, reporter TEXT, creator TEXT,
  created INTEGER NOT NULL, updated INTEGER NOT NULL, resolved INTEGER, due TEXT,
  summary TEXT NOT NULL, UNIQUE (project_key, number));
CREATE TABLE IF NOT EXISTS jira_shown (
  issue_id INTEGER PRIMARY KEY REFERENCES jira_issues ON DELETE CASCADE, fields TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS jira_issues_by_parent ON jira_issues (parent_id);
-- Within one status of one project, this index is in the order of ids: the newest first need no sorting.
CREATE INDEX IF NOT EXISTS jira_issues_by_project ON jira_issues (project_key);
CREATE INDEX IF NOT EXISTS jira_issues_by_type_in_project ON jira_issues (type_id, project_key);
CREATE INDEX IF NOT EXISTS jira_issues_by_status_in_project ON jira_issues (status_id, project_key);
CREATE INDEX IF NOT EXISTS jira_issues_by_assignee ON jira_issues (assignee);
CREATE INDEX IF NOT EXISTS jira_issues_by_created ON jira_issues (created);
CREATE INDEX IF NOT EXISTS jira_issues_by_updated ON jira_issues (updated);

CREATE TABLE IF NOT EXISTS jira_issue_labels (
  label TEXT NOT NULL COLLATE NOCASE, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  PRIMARY KEY (label, issue_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jira_labels_by_issue ON jira_issue_labels (issue_id);
CREATE TABLE IF NOT EXISTS jira_issue_components (
  component_id INTEGER NOT NULL, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  PRIMARY KEY (component_id, issue_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jira_components_by_issue ON jira_issue_components (issue_id);
CREATE TABLE IF NOT EXISTS jira_issue_versions (
  role TEXT NOT NULL CHECK (role IN ('fix', 'affects')), version_id INTEGER NOT NULL,
  issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  PRIMARY KEY (role, version_id, issue_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jira_versions_by_issue ON jira_issue_versions (issue_id, role);
CREATE TABLE IF NOT EXISTS jira_issue_sprints (
  sprint_id INTEGER NOT NULL, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  PRIMARY KEY (sprint_id, issue_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jira_sprints_by_issue ON jira_issue_sprints (issue_id);
CREATE TABLE IF NOT EXISTS jira_custom_values (
  field INTEGER NOT NULL, value NOT NULL, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  PRIMARY KEY (field, value, issue_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jira_custom_by_issue ON jira_custom_values (issue_id, field);

CREATE TABLE IF NOT EXISTS jira_links (
  id INTEGER PRIMARY KEY, type_id INTEGER NOT NULL REFERENCES jira_link_types,
  source_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  target_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  UNIQUE (source_id, target_id, type_id));
CREATE INDEX IF NOT EXISTS jira_links_by_target ON jira_links (target_id, type_id);
CREATE TABLE IF NOT EXISTS jira_comments (
  id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  author TEXT, update_author TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS jira_comments_by_issue ON jira_comments (issue_id);
CREATE TABLE IF NOT EXISTS jira_changes (
  id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  author TEXT NOT NULL, created INTEGER NOT NULL, items TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS jira_changes_by_issue ON jira_changes (issue_id);
CREATE TABLE IF NOT EXISTS jira_filters (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, owner TEXT NOT NULL, jql TEXT NOT NULL, description TEXT NOT NULL);


-- What the history says of the fields that WAS and CHANGED may ask about; an empty value is ''.
CREATE TABLE IF NOT EXISTS jira_history (
  field TEXT NOT NULL, change_id INTEGER NOT NULL, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  from_id TEXT NOT NULL, to_id TEXT NOT NULL, author TEXT, created INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS jira_history_to ON jira_history (field, to_id);
CREATE INDEX IF NOT EXISTS jira_history_from ON jira_history (field, from_id);
CREATE INDEX IF NOT EXISTS jira_history_by_issue ON jira_history (issue_id, field);
CREATE TABLE IF NOT EXISTS jira_worklogs (
  id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  author TEXT, update_author TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL, started INTEGER NOT NULL,
  seconds INTEGER NOT NULL, comment TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS jira_worklogs_by_issue ON jira_worklogs (issue_id);
CREATE INDEX IF NOT EXISTS jira_worklogs_by_updated ON jira_worklogs (updated);
CREATE TABLE IF NOT EXISTS jira_deleted_worklogs (id INTEGER PRIMARY KEY, deleted INTEGER NOT NULL);
-- `content` is NULL for files that were only named in data that was loaded.
CREATE TABLE IF NOT EXISTS jira_files (
  id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE, content BLOB);
CREATE INDEX IF NOT EXISTS jira_files_by_issue ON jira_files (issue_id);
CREATE TABLE IF NOT EXISTS jira_properties (
  issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE, key TEXT NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (issue_id, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jira_followers (
  kind TEXT NOT NULL CHECK (kind IN ('watch', 'vote')), account_id TEXT NOT NULL,
  issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  PRIMARY KEY (kind, account_id, issue_id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jira_followers_by_issue ON jira_followers (issue_id, kind);
CREATE TABLE IF NOT EXISTS jira_remote_links (
  id INTEGER PRIMARY KEY, issue_id INTEGER NOT NULL REFERENCES jira_issues ON DELETE CASCADE,
  global_id TEXT, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS jira_remote_links_by_issue ON jira_remote_links (issue_id);
CREATE TABLE IF NOT EXISTS jira_favourites (
  filter_id INTEGER NOT NULL REFERENCES jira_filters ON DELETE CASCADE, account_id TEXT NOT NULL,
  PRIMARY KEY (filter_id, account_id)) WITHOUT ROWID;

-- An issue with a security level is seen by the members of that level, and by administrators.
CREATE TABLE IF NOT EXISTS jira_security_levels (
  id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES jira_projects ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT NOT NULL, UNIQUE (project_id, name));
CREATE TABLE IF NOT EXISTS jira_security_members (
  level_id INTEGER NOT NULL REFERENCES jira_security_levels ON DELETE CASCADE, account_id TEXT NOT NULL,
  PRIMARY KEY (account_id, level_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jira_secured (
  issue_id INTEGER PRIMARY KEY REFERENCES jira_issues ON DELETE CASCADE, level_id INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS jira_secured_by_level ON jira_secured (level_id);

-- The words of an issue; its rowid is the issue's id.
CREATE VIRTUAL TABLE IF NOT EXISTS jira_text USING fts5 (
  summary, description, environment, comments, tokenize = 'porter unicode61');
CREATE TRIGGER IF NOT EXISTS jira_text_follows_issue AFTER DELETE ON jira_issues
BEGIN DELETE FROM jira_text WHERE rowid = old.id; END;
"""

LATER_COLUMNS: Final = (
    ("jira_versions", "start_date", "TEXT"),
    ("jira_components", "lead", "TEXT"),
    ("jira_filters", "shares", "TEXT NOT NULL DEFAULT '[]'"),
)
"""Columns that tables gained since they were first made: a site's file of before gets them when it is opened."""
