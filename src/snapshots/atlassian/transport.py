"""How requests are sent: limits, retries, redirects, and errors in sentences."""

from __future__ import annotations

from snapshots.atlassian.connection import Connection


class Transport:
    """Sends requests to one site, from as many threads as like to."""

    def __init__(self, connection: Connection, *, threads: int = 8) -> None:
        self.connection = connection
        self.threads = threads
        self.requests_sent = 0

    def close(self) -> None:
        """Close the connections."""
