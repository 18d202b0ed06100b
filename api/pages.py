"""Pages for people: the documentation in a browser, without a request to anybody else.

Neither these pages nor the OpenAPI document hold anything personal, and a browser cannot
send a token with a link: they need none.
"""

from importlib.resources import files
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles

from api.wire.document import wire_document

router = APIRouter(include_in_schema=False)

# Swagger UI sets styles on its elements and draws its icons from data: addresses.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gridpatrol API</title>
<link rel="icon" href="docs/assets/favicon.png">
<link rel="stylesheet" href="docs/assets/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<noscript>The same as a document: <a href="openapi.json">openapi.json</a></noscript>
<script src="docs/assets/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""

# Without this setting the page asks a validator on the internet about the document.
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
"""


def install(app: FastAPI) -> None:
    """Serve the pages and the files that they load."""
    app.include_router(router)
    folder = Path(str(files(fastapi_offline) / "static"))
    app.mount("/docs/assets", StaticFiles(directory=folder), name="docs-assets")


@router.get("/docs")
async def docs() -> Response:
    """Return the page that shows the OpenAPI document."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/asyncapi.json")
async def wire() -> Response:
    """Return the AsyncAPI document: what goes over MQTT."""
    return JSONResponse(wire_document())


@router.get("/docs/start.js")
async def start_script() -> Response:
    """Return the script that starts the page; its policy allows none within it."""
    return Response(_START, media_type="text/javascript")
