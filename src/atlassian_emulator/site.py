"""One Atlassian site: what both products share."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, TypeVar

from atlassian_emulator import database as database_module
from atlassian_emulator import users as users_module
from atlassian_emulator.database import Database
from atlassian_emulator.ids import Ids
from atlassian_emulator.limits import Limits
from atlassian_emulator.moments import Clock, system_clock
from atlassian_emulator.requestlog import RequestLog
from atlassian_emulator.users import DEFAULT_USERS, Users
from atlassian_emulator.weather import Weather

Deployment = Literal["cloud", "data-center"]
DEFAULT_TOKEN = "emulator"
_SITES = uuid.UUID("0d6e4079-e36c-4c6f-9e68-4e1e1c8a8a2f")

LARGEST_MOMENT = 2**63 - 1

T = TypeVar("T")


class Site:
    """A site: `name`, `cloud_id`, `base_url` (without a slash at the end), users, ids, database, clock,
    and while it is served its weather and request log.

    `attachment_limit_bytes` is the largest file Confluence takes; `index_delay_seconds` is how long searches do not
    find what was made. Products keep what they hold in memory, such as an index, with `part`.
    """

    def __init__(
        self,
        name: str,
        *,
        schemas: Iterable[str] = (),
        path: Path | None = None,
        token: str = DEFAULT_TOKEN,
        clock: Clock = system_clock,
        deployment: Deployment = "cloud",
    ) -> None:
        self.name = name
        self.deployment = deployment
        self.cloud_id = str(uuid.uuid5(_SITES, name))
        self.base_url = f"https://{name}.atlassian.net"
        self.clock = clock
        self.attachment_limit_bytes = 100 * 1024 * 1024
        self.database = Database(path, (database_module.SCHEMA, users_module.SCHEMA, *schemas))
        self.ids = Ids(self.database, name)
        self.users = Users(self.database, name)
        self.weather = Weather()
        self.limits = Limits()
        self.index_delay_seconds = 0.0
        self.log = RequestLog()
        self._parts: dict[Any, Any] = {}
        for email, display_name, role in DEFAULT_USERS:
            self.users.put(email, display_name, role, token=token)

    def part(self, make: Callable[[Site], T]) -> T:
        """Return what `make` (a class or function) made of this site, made at the first call and kept."""
        if make not in self._parts:
            with self.database.transaction():
                # Two requests may come here at once; the transaction is the site's one lock.
                if make not in self._parts:
                    self._parts[make] = make(self)
        made: T = self._parts[make]
        return made

    def indexed_until(self) -> int:
        """Return the moment whose state searches find: what was made later is not in the index yet."""
        if not self.index_delay_seconds:
            return LARGEST_MOMENT
        return self.clock() - int(self.index_delay_seconds * 1_000_000)

    def close(self) -> None:
        self.database.close()
