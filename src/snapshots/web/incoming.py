"""Taking in a file that comes as the raw body of a request: to the disk as it comes, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from anyio.to_thread import run_sync
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import InternalServerException

from snapshots.access.actors import Actor
from snapshots.acts import archives
from snapshots.app import App
from snapshots.backup.receive import IncomingFile, UploadCut
from snapshots.registry.uploads import UploadRow

_BLOCK_BYTES = 1 << 20

_Kept = TypeVar("_Kept")


def iter_blocks(file: UploadFile) -> Iterator[bytes]:
    """A file of a form, block by block."""
    while block := file.file.read(_BLOCK_BYTES):
        yield block


async def receive(
    app: App, site: str, actor: Actor, request: Request[Any, Any, Any], name: str, sha256: str | None = None
) -> UploadRow:
    """The body of the request as an uploaded archive; `sha256` is what the sender says of it.

    Raises as `archives.finish_upload`.
    """
    incoming = await run_sync(archives.begin_upload, app, site, request.content_length)
    return await keep_body(
        request,
        incoming,
        lambda: archives.finish_upload(app, site, incoming, name=name, actor=actor, sha256=sha256),
    )


async def keep_body(request: Request[Any, Any, Any], incoming: IncomingFile, finish: Callable[[], _Kept]) -> _Kept:
    """Write the body of the request, then `finish`, in another thread. Whatever happens, half a file is never left."""
    waiting = bytearray()
    try:
        async for chunk in request.stream():
            waiting += chunk
            if len(waiting) >= _BLOCK_BYTES:
                await run_sync(incoming.write, bytes(waiting))
                waiting.clear()
        await run_sync(incoming.write, bytes(waiting))
        return await run_sync(finish)
    except InternalServerException:
        # Litestar's word for a sender that went away: nobody is left to read the answer but the log.
        raise UploadCut("The sender went away before the file was whole: send it again from its start.") from None
    finally:
        incoming.abandon()
