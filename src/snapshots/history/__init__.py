"""What was taken before: the versions of a macro, and what changed between two of them."""
