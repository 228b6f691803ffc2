"""What runs before Streamlit's own server: who may upload, how much, and the headers of every answer.

Streamlit keeps uploads in memory, and takes them from anybody who has opened the page, before any script asks who
that is.
"""

from __future__ import annotations

from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.runtime import Runtime

from app.shared.services.access import Role, User
from app.shared.widgets import user
from app.shared.widgets.browser import preload_header
from pmf.errors import PMFError

LARGEST = 4100 * 2**20  # bytes of one upload, and of all that a session keeps; the largest run to import has 4,000 MB
_UPLOAD, _METRICS = "/_stcore/upload_file/", "/_stcore/metrics"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "frame-ancestors 'self'",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}


class Door:
    """ASGI middleware around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self.preload = app, preload_header()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse what may not pass, and add headers to every answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self.preload and headers.get("content-type", "").startswith("text/html"):
                    headers.append("Link", self.preload)
            await send(message)

        refusal = _refusal(scope)
        if refusal is None:
            await self.app(scope, receive, send_with_headers)
        else:
            status, sentence = refusal
            headers = {"Connection": "close"}  # what it still wants to send is not read
            await PlainTextResponse(sentence, status, headers)(scope, receive, send_with_headers)


def _refusal(scope: Scope) -> tuple[int, str] | None:
    """Status and sentence where a request may not pass."""
    path = str(scope["path"])
    if path.endswith(_METRICS):
        return 404, "There are no metrics here."
    _, marker, rest = path.partition(_UPLOAD)
    if not marker or scope["method"] in ("OPTIONS", "HEAD", "GET"):
        return None
    session_id = rest.partition("/")[0]
    try:
        visitor = _visitor(session_id)
    except PMFError as error:
        return 403, f"{error}."
    if visitor.role < Role.ADMIN:
        return 403, f"{visitor.name} may not upload: that needs the role admin."
    length = dict(scope["headers"]).get(b"content-length", b"")
    if scope["method"] == "PUT" and not length.isdigit():
        return 411, "An upload says how long it is."
    if scope["method"] == "PUT" and (len(length) > 18 or int(length) + _kept(session_id) > LARGEST):
        return 413, f"A session keeps {LARGEST / 1e6:,.0f} MB of uploads at most; remove some, or reload the page."
    return None


def _visitor(session_id: str) -> User:
    """Who opened a session; Streamlit has checked their cookie when it began.

    Raises:
        PMFError: nobody who may see a page.
    """
    session = Runtime.instance()._session_mgr.get_active_session_info(session_id)
    claims: dict[str, Any] = dict(session.session._user_info) if session else {}
    return user.of_claims(claims)


def _kept(session_id: str) -> int:
    """Bytes of the uploads that a session has in memory."""
    files = Runtime.instance().uploaded_file_mgr.file_storage.get(session_id, {})  # type: ignore[attr-defined]
    return sum(len(file.data) for file in list(files.values()))
