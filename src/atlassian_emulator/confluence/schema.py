"""Confluence's tables.

Everything with a content id is a row of `content`: pages, blog posts, attachments, comments, folders and other nodes
of the tree. `parent_id` is the node above a node, the content that an attachment or comment is on, and the comment
that a reply answers.
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

CREATE TABLE IF NOT EXISTS space_rights (
    space_id INTEGER NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    principal_type TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    extent TEXT NOT NULL,
    rights TEXT NOT NULL,
    PRIMARY KEY (space_id, principal_id, extent)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS space_rights_principal ON space_rights (principal_id);

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

CREATE INDEX IF NOT EXISTS content_trash ON content (id) WHERE status IN ('trashed', 'deleted');

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

CREATE TABLE IF NOT EXISTS inline_comments (
    content_id INTEGER PRIMARY KEY REFERENCES content (id) ON DELETE CASCADE,
    marker_ref TEXT NOT NULL,
    selection TEXT NOT NULL,
    resolution TEXT NOT NULL,
    resolved_by TEXT,
    resolved_at INTEGER
);
CREATE TABLE IF NOT EXISTS embeds (
    content_id INTEGER PRIMARY KEY REFERENCES content (id) ON DELETE CASCADE,
    url TEXT NOT NULL
);

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

CREATE TABLE IF NOT EXISTS space_labels (
    space_id INTEGER NOT NULL REFERENCES spaces (id) ON DELETE CASCADE,
    label_id INTEGER NOT NULL REFERENCES labels (id),
    PRIMARY KEY (space_id, label_id)
) WITHOUT ROWID;

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

CREATE TABLE IF NOT EXISTS long_tasks (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    duration_us INTEGER NOT NULL,
    details TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS space_settings (
    space_id INTEGER PRIMARY KEY REFERENCES spaces (id) ON DELETE CASCADE,
    route_override_enabled INTEGER NOT NULL,
    content_mode TEXT
);
CREATE TABLE IF NOT EXISTS conversions (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    representation TEXT NOT NULL,
    value TEXT NOT NULL,
    made_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS restrictions (
    content_id INTEGER NOT NULL REFERENCES content (id) ON DELETE CASCADE,
    operation TEXT NOT NULL,
    principal_type TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    PRIMARY KEY (content_id, operation, principal_type, principal_id)
) WITHOUT ROWID;
"""
