"""Files in v1: upload by multipart form, download by redirect."""

from __future__ import annotations

import hashlib
import hmac
import mimetypes
import sqlite3
import uuid
from dataclasses import dataclass
from urllib.parse import quote

from werkzeug.exceptions import RequestEntityTooLarge

from atlassian_emulator.call import Call, Reply
from atlassian_emulator.confluence.access import demand_update
from atlassian_emulator.confluence.legacy import content_json, links
from atlassian_emulator.confluence.store import add_content, get_content, get_named_content
from atlassian_emulator.routing import Route
from atlassian_emulator.site import Site

_SIGNATURE_SECONDS = 600
_XSRF = ("nocheck", "no-check")
_BAD_REQUEST = "com.atlassian.confluence.api.service.exceptions.BadRequestException"


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form. `comment` is for the version that it makes."""

    name: str
    media_type: str
    data: bytes
    comment: str
    minor_edit: bool


def put_files(call: Call) -> Reply:
    """Add files to a page; one whose name is there becomes that attachment's next version."""
    return _store_files(call, may_exist=True)


def post_files(call: Call) -> Reply:
    """Add files to a page; a name that is there already is refused with 400, and then none is added."""
    return _store_files(call, may_exist=False)


def _store_files(call: Call, *, may_exist: bool) -> Reply:
    _demand_xsrf_header(call)
    uploads = _read_form(call)
    with call.site.database.transaction() as c:
        page = get_named_content(call, c, "page", "blogpost")
        demand_update(call, c, page)
        ids = []
        for upload in uploads:
            existing = c.execute(
                "SELECT * FROM content"
                " WHERE parent_id = ? AND type = 'attachment' AND title = ? AND status = 'current'",
                (page["id"], upload.name),
            ).fetchone()
            if existing is not None and not may_exist:
                reason = f"Cannot add a new attachment with same file name as an existing attachment: {upload.name}"
                raise call.refusal(400, f"{_BAD_REQUEST}: {reason}")
            ids.append(store_upload(call.site, c, page, existing, upload, call.caller.account_id))
        expand = call.query_list("expand")
        results = [content_json(call, c, get_content(call, c, content_id), expand) for content_id in ids]
    return Reply(body={"results": results, "size": len(results), "_links": links(call)})


def put_data(call: Call) -> Reply:
    """Give an attachment, named by its id, a new version."""
    _demand_xsrf_header(call)
    (upload, *_) = _read_form(call)
    with call.site.database.transaction() as c:
        page = get_named_content(call, c, "page", "blogpost")
        demand_update(call, c, page)
        row = _get_attachment(call, c, page)
        store_upload(call.site, c, page, row, upload, call.caller.account_id)
        return Reply(body=content_json(call, c, get_content(call, c, row["id"]), call.query_list("expand")))


def update_attachment(call: Call) -> Reply:
    """Change what is known of an attachment: its name, media type, comment, and the page it is on."""
    body = call.json_object()
    version, metadata, container = (body.get(name) or {} for name in ("version", "metadata", "container"))
    if not all(isinstance(part, dict) for part in (version, metadata, container)):
        raise call.refusal(400, "version, metadata and container must be objects")
    if type(version.get("number")) is not int:
        raise call.refusal(400, "version.number must be a whole number")
    title, media_type = body.get("title"), metadata.get("mediaType")
    if not isinstance(title or "", str) or not isinstance(media_type or "", str):
        raise call.refusal(400, "title and metadata.mediaType must be strings")
    with call.site.database.transaction() as c:
        page = get_named_content(call, c, "page", "blogpost")
        row = _get_attachment(call, c, page)
        demand_update(call, c, page)
        if version["number"] not in (row["version"], row["version"] + 1):
            raise call.refusal(409, f"Version must be incremented on update. Current version is: {row['version']}")
        owner = _new_owner(call, c, page, container.get("id"))
        comment = metadata.get("comment", version.get("message"))
        c.execute(
            "UPDATE attachment_versions SET media_type = coalesce(?, media_type), comment = coalesce(?, comment)"
            " WHERE content_id = ? AND number = ?",
            (media_type, comment if isinstance(comment, str) else None, row["id"], row["version"]),
        )
        c.execute(
            "UPDATE content SET title = coalesce(?, title), parent_id = ?, space_id = ? WHERE id = ?",
            (title or None, owner["id"], owner["space_id"], row["id"]),
        )
        return Reply(body=content_json(call, c, get_content(call, c, row["id"]), call.query_list("expand")))


def _new_owner(call: Call, c: sqlite3.Connection, page: sqlite3.Row, owner_id: object) -> sqlite3.Row:
    """Return the page that an attachment moves to, or the one that it stays on."""
    if owner_id is None:
        return page
    text = str(owner_id) if isinstance(owner_id, (str, int)) else ""
    owner = get_content(call, c, call.whole_number(text, "container.id"), "page", "blogpost")
    demand_update(call, c, owner)
    return owner


def _demand_xsrf_header(call: Call) -> None:
    if call.request.headers.get("X-Atlassian-Token", "").lower() not in _XSRF:
        raise call.refusal(403, "XSRF check failed")


def _get_attachment(call: Call, c: sqlite3.Connection, page: sqlite3.Row) -> sqlite3.Row:
    number = call.whole_number(call.path["attachmentId"].removeprefix("att"), "attachmentId")
    row = get_content(call, c, number, "attachment")
    if row["parent_id"] != page["id"]:
        raise call.refusal(404, f"There is no attachment {call.path['attachmentId']} on content {page['id']}")
    return row


def _read_form(call: Call) -> list[Upload]:
    try:
        files = call.request.files.getlist("file")
    except RequestEntityTooLarge as error:
        raise call.refusal(413, "The form is too large") from error
    if not files or not all(file.filename for file in files):
        raise call.refusal(400, "At least one file must be sent, in parts named 'file' that have a filename")
    comments = _texts(call, "comment")
    if comments and len(comments) != len(files):
        raise call.refusal(400, "There must be one comment for each file, or none")
    minor_edits = _texts(call, "minorEdit")
    uploads = []
    for position, file in enumerate(files):
        data = file.stream.read()
        # The real site hides its limit behind the words of a missing page.
        if len(data) > call.site.attachment_limit_bytes:
            raise call.refusal(404, f"The attachment {file.filename} is larger than the maximum size")
        media_type = file.mimetype or mimetypes.guess_type(file.filename or "")[0] or "application/octet-stream"
        comment = comments[position] if comments else ""
        minor_edit = bool(minor_edits) and minor_edits[min(position, len(minor_edits) - 1)].lower() == "true"
        uploads.append(Upload(file.filename or "", media_type, data, comment, minor_edit))
    return uploads


def _texts(call: Call, name: str) -> list[str]:
    """Return the texts of a form's parts; clients send them as fields or, with a type of their own, as files."""
    files = [file.stream.read().decode("utf-8", "replace") for file in call.request.files.getlist(name)]
    return call.request.form.getlist(name) + files


def store_upload(
    site: Site, c: sqlite3.Connection, page: sqlite3.Row, existing: sqlite3.Row | None, upload: Upload, author_id: str
) -> int:
    """Write a file as a new attachment of the page, or as the next version of an existing one. Return its id."""
    if existing is None:
        facts = {"type": "attachment", "status": "current", "space_id": page["space_id"], "parent_id": page["id"]}
        content_id = add_content(site, c, {**facts, "title": upload.name, "author_id": author_id})
        number = 1
    else:
        content_id, number = existing["id"], existing["version"] + 1
    digest = hashlib.sha256(upload.data).hexdigest()
    c.execute("INSERT INTO files (sha256, data) VALUES (?, ?) ON CONFLICT DO NOTHING", (digest, upload.data))
    now = site.clock()
    c.execute(
        "INSERT INTO attachment_versions (content_id, number, author_id, created_at, comment, minor_edit, media_type,"
        " size_bytes, file_id, sha256) VALUES (:id, :number, :author, :now, :comment, :minor_edit, :media_type, :size,"
        " :file_id, :sha256)",
        {
            "id": content_id,
            "number": number,
            "author": author_id,
            "now": now,
            "comment": upload.comment,
            "minor_edit": upload.minor_edit,
            "media_type": upload.media_type,
            "size": len(upload.data),
            "file_id": str(uuid.uuid4()),
            "sha256": digest,
        },
    )
    c.execute("UPDATE content SET version = ?, modified_at = ? WHERE id = ?", (number, now, content_id))
    return content_id


def download(call: Call) -> Reply:
    """Redirect to a signed address, which is good for ten minutes and needs no credentials."""
    number = call.query_int("version", 0, 1, 2**31 - 1)
    with call.site.database.read() as c:
        row = _get_attachment(call, c, get_named_content(call, c, "page", "blogpost"))
        version = c.execute(
            "SELECT file_id FROM attachment_versions WHERE content_id = ? AND number = ?",
            (row["id"], number or row["version"]),
        ).fetchone()
    if version is None:
        raise call.refusal(404, f"There is no version {number} of attachment {call.path['attachmentId']}")
    expires = call.site.clock() // 1_000_000 + _SIGNATURE_SECONDS
    signature = _sign(call.site, version["file_id"], expires)
    location = f"{call.site.base_url}/_media/file/{version['file_id']}/binary?expires={expires}&signature={signature}"
    return Reply(302, headers={"Location": f"{location}&name={quote(row['title'])}"})


def _sign(site: Site, file_id: str, expires: int) -> str:
    return hmac.new(site.cloud_id.encode(), f"{file_id} {expires}".encode(), hashlib.sha256).hexdigest()


def send_file(call: Call) -> Reply:
    """Answer the bytes behind a signed address, as Atlassian's media service does from another host."""
    file_id = call.path["fileId"]
    expires = call.query_int("expires", 0, 0, 2**40)
    if not hmac.compare_digest(call.query("signature"), _sign(call.site, file_id, expires)):
        raise call.refusal(403, "The signature does not fit")
    if call.site.clock() // 1_000_000 > expires:
        raise call.refusal(403, "The address has expired")
    with call.site.database.read() as c:
        row = c.execute(
            "SELECT v.media_type, f.data FROM attachment_versions v JOIN files f USING (sha256) WHERE v.file_id = ?",
            (file_id,),
        ).fetchone()
    if row is None:
        raise call.refusal(404)
    disposition = f"attachment; filename*=UTF-8''{quote(call.query('name'))}"
    return Reply(200, row["data"], {"Content-Type": row["media_type"], "Content-Disposition": disposition})


def refuse_legacy_download(call: Call) -> Reply:
    """The old path takes no API tokens; `_links.download` still points at it."""
    raise call.refusal(401, "Unauthorized; scope does not match")


_CHILD = "/wiki/rest/api/content/{id}/child/attachment"

ROUTES = (
    Route("PUT", _CHILD, put_files),
    Route("POST", _CHILD, post_files),
    Route("PUT", _CHILD + "/{attachmentId}", update_attachment),
    Route("POST", _CHILD + "/{attachmentId}/data", put_data),
    Route("GET", _CHILD + "/{attachmentId}/download", download),
    Route("GET", "/_media/file/{fileId}/binary", send_file, open=True),
    Route("GET", "/wiki/download/attachments/{rest:path}", refuse_legacy_download, open=True),
)
