"""A restore keeps how it came about and what it found, so that its report is whole for as long as it is known."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, note in (
        ("archive_name", "what people call the archive; null where that was not kept yet"),
        ("jira_file", "JSON: the Jira-data file that was brought along; null without one"),
        ("job_id", "the job that carried it out last; null where that was not kept yet"),
        ("findings", "JSON array: what its plan and its last run told; null while none has ended"),
    ):
        op.add_column("restore", sa.Column(name, sa.Text(), nullable=True, comment=note))
