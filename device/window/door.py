"""Who may come in: any page in a browser on the terminal can send to 127.0.0.1, and none may.

A page of somebody else's is told apart by the name under which it looks for us (it may have had
that name resolved to 127.0.0.1), by where the browser says it comes from, and by a token that
only our own page is given. On the Unix socket the file's mode decides.
"""

import hmac
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus

from patrol.errors import InputError

TOKEN_HEADER = "X-Gridpatrol-Token"  # noqa: S105 - the name of a header

_OWN_SITES = frozenset({None, "none", "same-origin"})


class RefusedError(InputError):
    """A request that is not answered, with its HTTP status, and a code where the page has words."""

    def __init__(self, status: HTTPStatus, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Door:
    """The rules of one TCP port and one run of the agent."""

    port: int
    token: str

    def check_guest(self, headers: "Message[str, str]") -> None:
        """Raise RefusedError unless the request was meant for us by a page of ours."""
        names = {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}
        host = headers.get("Host", "")
        if host not in names:
            raise RefusedError(
                HTTPStatus.MISDIRECTED_REQUEST, f"ask for http://127.0.0.1:{self.port}/"
            )
        if headers.get("Sec-Fetch-Site") not in _OWN_SITES:
            raise RefusedError(HTTPStatus.FORBIDDEN, "asked by a page of another site")
        origin = headers.get("Origin")
        if origin is not None and origin != f"http://{host}":
            raise RefusedError(HTTPStatus.FORBIDDEN, "asked by a page of another origin")

    def check_deed(self, headers: "Message[str, str]") -> None:
        """Raise RefusedError unless our own page asks for something to be done."""
        given = headers.get(TOKEN_HEADER, "")
        if not hmac.compare_digest(given.encode(errors="replace"), self.token.encode()):
            raise RefusedError(
                HTTPStatus.FORBIDDEN, "the token is missing or of an earlier start: open / again"
            )
