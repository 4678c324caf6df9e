"""Backups: which spaces, the archive that holds their records, and whether it is still whole."""
