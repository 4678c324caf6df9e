"""Confluence's tables.

Everything with a content id is a row of `content`: pages, blog posts, attachments, comments. `parent_id` is the
page above a page, and the page that an attachment or comment is on.
"""

SCHEMA = """
CREATE TABLE IF NOT EXISTS spaces (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    homepage_id INTEGER,
    author_id TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS spaces_key ON spaces (key COLLATE NOCASE);

CREATE TABLE IF NOT EXISTS space_access (
    space_id INTEGER NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    account_id TEXT NOT NULL,
    may_read INTEGER NOT NULL,
    may_update INTEGER NOT NULL,
    PRIMARY KEY (space_id, account_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS content (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    space_id INTEGER NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    parent_id INTEGER REFERENCES content (id) ON DELETE CASCADE,
    position INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL,
    author_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    version INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS content_space ON content (space_id, type, id);
CREATE INDEX IF NOT EXISTS content_type ON content (type, id);
CREATE INDEX IF NOT EXISTS content_modified ON content (type, modified_at, id);
CREATE INDEX IF NOT EXISTS content_created ON content (type, created_at, id);
CREATE INDEX IF NOT EXISTS content_parent ON content (parent_id, type, position, id);
CREATE INDEX IF NOT EXISTS content_title ON content (title COLLATE NOCASE, type);

CREATE TABLE IF NOT EXISTS content_versions (
    content_id INTEGER NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    title TEXT NOT NULL,
    author_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    message TEXT NOT NULL,
    minor_edit INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (content_id, number)
);

CREATE TABLE IF NOT EXISTS attachment_versions (
    content_id INTEGER NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    author_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    comment TEXT NOT NULL,
    minor_edit INTEGER NOT NULL,
    media_type TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    file_id TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES files (sha256),
    PRIMARY KEY (content_id, number)
);
CREATE TABLE IF NOT EXISTS files (sha256 TEXT PRIMARY KEY, data BLOB NOT NULL);

CREATE TABLE IF NOT EXISTS content_macros (
    content_id INTEGER NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (name, content_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS content_macros_content ON content_macros (content_id);

CREATE TABLE IF NOT EXISTS labels (
    id INTEGER PRIMARY KEY,
    prefix TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (name, prefix)
);
CREATE TABLE IF NOT EXISTS content_labels (
    content_id INTEGER NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    label_id INTEGER NOT NULL REFERENCES labels (id),
    PRIMARY KEY (content_id, label_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS content_labels_label ON content_labels (label_id, content_id);

CREATE TABLE IF NOT EXISTS properties (
    id INTEGER PRIMARY KEY,
    owner_kind TEXT NOT NULL,
    owner_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    number INTEGER NOT NULL,
    author_id TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    message TEXT NOT NULL,
    UNIQUE (owner_kind, owner_id, key)
);

CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    elapsed_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS restrictions (
    content_id INTEGER NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    operation TEXT NOT NULL,
    principal_type TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    PRIMARY KEY (content_id, operation, principal_type, principal_id)
) WITHOUT ROWID;
"""
