"""The screen in a browser: files that `make web` has built, served beside the API they ask.

The files hold nothing personal, and a browser cannot send a token with a link: they need none.
"""

from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

router = APIRouter(include_in_schema=False)

BUILT: Final = Path(__file__).parents[1] / "web"

# The map's engine makes its workers and pictures itself; nothing is inline, nothing from elsewhere.
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# Their names change with what is in them; the page has one name for ever, and is asked for anew.
_FOR_EVER = "public, max-age=31536000, immutable"
_ASKED_ANEW = "no-cache"
_GOOD = frozenset({HTTPStatus.OK, HTTPStatus.NOT_MODIFIED})
_NOT_BUILT = "The screen is not built here: `make web` builds it into api/web.\n"


def install(app: FastAPI, folder: Path = BUILT) -> None:
    """Serve the files of `folder` below /screen/, and lead from / to them if there are any."""
    app.state.screen_folder = folder
    app.include_router(router)
    app.mount("/screen", _Files(folder), name="screen")


@router.get("/")
async def start(request: Request) -> Response:
    """Lead to the screen, or to the documentation where no screen is built."""
    folder: Path = request.app.state.screen_folder
    return RedirectResponse("screen/" if (folder / "index.html").is_file() else "docs")


@router.get("/screen")
async def without_slash() -> Response:
    """Lead into the folder: the page names its files beside itself."""
    return RedirectResponse("screen/")


class _Files(StaticFiles):
    """Files with an ETag each, and how long a browser may keep them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, html=True, check_dir=False)
        # A folder that is not there is no fault: the API works without a screen.
        self.config_checked = True
        self._page = folder / "index.html"

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Return a file, or how to build them."""
        if not self._page.is_file():
            return PlainTextResponse(_NOT_BUILT, HTTPStatus.NOT_FOUND)
        answer = await super().get_response(path, scope)
        is_named_by_content = path.startswith("assets/") and answer.status_code in _GOOD
        answer.headers["Cache-Control"] = _FOR_EVER if is_named_by_content else _ASKED_ANEW
        answer.headers["Content-Security-Policy"] = POLICY
        return answer
