"""Taking a snapshot: what a macro asks for, how Jira is read for it, and how the answer is kept."""
