"""Uses of keys, counted in memory and noted now and then; wrong keys, slowed down for each address.

Every use comes into the audit log, but not as a row of its own: a pipeline that polls every second would write
more log than backups. The first use of a key from an address is noted at once, what follows is counted and noted
once a minute. What changes something has an event of its own besides. No request waits for the registry's writer
to have its use noted: the service calls `flush` every other second. A process that is killed loses the counts of
its last minute.
"""

from __future__ import annotations

import ipaddress
import threading
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from snapshots.access import audit, keys
from snapshots.access.actors import Actor
from snapshots.errors import TooManyTries
from snapshots.registry import api_keys

if TYPE_CHECKING:
    from snapshots.registry.api_keys import ApiKeyRow
    from snapshots.registry.engine import Registry

_Caller: TypeAlias = "tuple[int | None, int | None, str]"
"""Site, key, and address."""

NOTE_SECONDS = 60.0
FREE_TRIES = 10
"""Wrong keys of one address in a minute that are simply answered; beyond them it is told to wait."""
_MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class _Uses:
    """What was not noted yet, of one key (or of none) from one address."""

    site_id: int | None
    actor: Actor
    key_id: int | None
    noted_at: float = float("-inf")
    since: int = 0
    newest: int = 0
    requests: Counter[str] = field(default_factory=Counter)


class UseLog:
    """The uses of one process. Safe to share between threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._lock = threading.Lock()
        self._by_caller: OrderedDict[_Caller, _Uses] = OrderedDict()

    def note_use(self, key: ApiKeyRow, address: str, request: str) -> None:
        """A key opened. `request` says what for, without ids (`GET tasks`)."""
        self._note((key.site_id, key.id, address), keys.actor_of(key, address), request)

    def note_refusal(self, site_id: int | None, address: str, reason: str, key: ApiKeyRow | None = None) -> None:
        """No key, a wrong key, or a key that does not open this. The key itself is never noted."""
        actor = keys.actor_of(key, address) if key else Actor("key", "", "unknown key", address)
        self._note((site_id, None, f"{address} {actor.id}"), actor, reason)

    def _note(self, caller: _Caller, actor: Actor, request: str) -> None:
        now = time.time_ns() // 1000
        with self._lock:
            if caller not in self._by_caller and len(self._by_caller) >= _MOST_ADDRESSES:
                # An attack from everywhere: it is counted, but no longer address by address.
                caller, actor = (caller[0], None, ""), Actor("key", "", "unknown keys from many addresses")
            uses = self._by_caller.setdefault(caller, _Uses(caller[0], actor, caller[1]))
            uses.since = uses.since or now
            uses.newest = now
            uses.requests[request] += 1

    def flush(self, *, everything: bool = False) -> None:
        """Note what is due, or everything, as when the service stops. What could not be noted is due again."""
        moment = time.monotonic()
        with self._lock:
            due = [
                (caller, uses)
                for caller, uses in self._by_caller.items()
                if everything or moment - uses.noted_at >= NOTE_SECONDS
            ]
            taken = []
            for caller, uses in due:
                if uses.requests:
                    taken.append((uses, uses.since, uses.newest, dict(uses.requests)))
                    uses.requests, uses.since, uses.noted_at = Counter(), 0, moment
                else:
                    # Quiet for a minute: forgotten, so that its next use is noted at once.
                    del self._by_caller[caller]
        if not taken:
            return
        try:
            self._write(taken)
        except BaseException:
            with self._lock:
                for uses, since, _, requests in taken:
                    uses.requests.update(requests)
                    uses.since, uses.noted_at = since, float("-inf")
            raise

    def _write(self, taken: list[tuple[_Uses, int, int, dict[str, int]]]) -> None:
        with self._registry.write() as conn:
            for uses, since, newest, requests in taken:
                if uses.key_id is not None:
                    api_keys.change_key(conn, uses.key_id, last_used_at=newest, last_used_address=uses.actor.address)
                audit.record(
                    conn,
                    uses.actor,
                    "key.refused" if uses.key_id is None else "key.used",
                    site_id=uses.site_id,
                    subject=f"{uses.actor.id} {uses.actor.name!r}".strip() if uses.actor.id else uses.actor.name,
                    outcome="refused" if uses.key_id is None else "done",
                    at=newest,
                    details={"requests": requests, "since": since},
                )


class WrongKeys:
    """How often each address showed a wrong key of late.

    A right key always opens, from whatever address: whoever shares one with an attacker is not locked out, and
    256 random bits need no help against guessing. What is limited is noise and load. Kept in memory by each process.
    """

    def __init__(self, free_tries: int = FREE_TRIES, seconds: float = 60.0) -> None:
        self._free_tries = free_tries
        self._seconds = seconds
        self._lock = threading.Lock()
        self._tries: OrderedDict[str, list[float]] = OrderedDict()

    def count(self, address: str) -> None:
        """Count a wrong key. Raises TooManyTries, saying when the next one will be answered again."""
        now = time.monotonic()
        network = _network_of(address)
        with self._lock:
            tries = [moment for moment in self._tries.pop(network, []) if now - moment < self._seconds]
            wait = self._seconds - (now - tries[0]) if len(tries) >= self._free_tries else 0.0
            if not wait:
                tries.append(now)
            self._tries[network] = tries
            while len(self._tries) > _MOST_ADDRESSES:
                self._tries.popitem(last=False)
        if wait:
            seconds = max(1, round(wait + 0.5))
            raise TooManyTries(
                f"Too many wrong API keys came from {address}: wait {seconds} seconds, and check the key.",
                retry_after_seconds=seconds,
            )


def _network_of(address: str) -> str:
    """The address, or the /64 of an IPv6 one: who has one of those addresses has them all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
