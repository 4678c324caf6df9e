"""The pages of signing in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, QueryParameter
from litestar.response import Redirect, Template

from snapshots.web.security import Visitor, find_visitor, local_path, sign_in, sign_out
from snapshots.web.service import Service
from snapshots.web.signin.limits import sign_in_limit

NextPath = Annotated[str, QueryParameter(name="next")]
LOCAL_VISITOR = Visitor(account_id="local", name="Local administrator", how="link")


@dataclass(frozen=True, slots=True)
class NewLinkForm:
    next: str = "/"


@get("/sign-in", exclude_from_auth=True, sync_to_thread=False)
def show_sign_in(service: Service, next_path: NextPath = "/", told: str = "") -> Template:
    by_team = service.team is not None
    return Template("sign_in.html", context={"next_path": local_path(next_path), "told": told, "by_team": by_team})


@get("/sign-in/link", exclude_from_auth=True, sync_to_thread=False, middleware=[sign_in_limit])
def use_link(request: Request[Any, Any, Any], service: Service, token: str = "", next_path: NextPath = "/") -> Redirect:
    """Come in by a link; it is spent then."""
    if service.team is not None or not service.links.redeem(token):
        return Redirect("/sign-in?told=spent")
    sign_in(request, LOCAL_VISITOR)
    return Redirect(local_path(next_path))


@post("/sign-in/new-link", exclude_from_auth=True, sync_to_thread=True)
def print_link(
    service: Service, data: Annotated[NewLinkForm, Body(media_type=RequestEncodingType.URL_ENCODED)]
) -> Redirect:
    """Have a new link printed where the server was started; whoever cannot see that place gains nothing."""
    if service.team is not None:
        return Redirect("/sign-in", status_code=303)
    if not service.pause.allows():
        return Redirect("/sign-in?told=soon", status_code=303)
    service.tell(f"Somebody asked for a link to sign in: {service.new_link(local_path(data.next))}")
    return Redirect("/sign-in?told=printed", status_code=303)


@post("/sign-out", exclude_from_auth=True, sync_to_thread=False)
def leave(request: Request[Any, Any, Any], service: Service) -> Redirect:
    visitor = find_visitor(request.session)
    if visitor is not None and service.team is not None:
        service.team.sign_ins.forget(visitor.sign_in)
    sign_out(request)
    return Redirect("/sign-in?told=signed-out", status_code=303)


handlers = [show_sign_in, use_link, print_link, leave]
