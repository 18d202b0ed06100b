"""Answers that are lists, as CSV for whoever asks for `text/csv` (RFC 4180, with a header)."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.documentation import JSON

CSV: Final = "text/csv"
# Programs for tables take a cell that begins so for a formula, and run it.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_NEXT = "next_cursor"
_OK = 200


class Tables:
    """ASGI middleware: what is a list in JSON, and asked for as CSV, becomes that.

    The column names are those of the JSON. What goes with the list stands beside it: `Link` with
    `rel="next"` leads to the next page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not wants_csv(Headers(scope=scope).get("accept", "")):
            await self._app(scope, receive, send)
            return
        # Routes that have other forms of their own are asked for this one.
        kept = [one for one in scope["headers"] if one[0] != b"accept"]
        asked = {**scope, "headers": [*kept, (b"accept", JSON.encode())]}
        await self._app(asked, receive, _Turning(asked, send))


class _Turning:
    """Holds an answer back until it is whole, and sends it as CSV; all others pass."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_json(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        body = bytes(self._body)
        turned = await run_in_threadpool(_turn, body)
        if turned is not None:
            body, cursor = turned
            headers = MutableHeaders(raw=start["headers"])
            headers["Content-Type"] = f"{CSV}; charset=utf-8"
            headers["Content-Length"] = str(len(body))
            headers["Content-Disposition"] = 'attachment; filename="answer.csv"'
            del headers["ETag"]
            if cursor is not None:
                headers["Link"] = f'<{_with_cursor(self._scope, cursor)}>; rel="next"'
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def wants_csv(accept: str) -> bool:
    """Whether an Accept header names CSV first."""
    return accept.split(",", 1)[0].split(";", 1)[0].strip().lower() == CSV


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows as CSV; lists and objects in a cell are JSON, what is not known is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(name)) for name in columns])
    return out.getvalue()


def describe_tables(document: MutableMapping[str, Any]) -> None:
    """Say in an OpenAPI document of which answers there is CSV."""
    shapes = document["components"]["schemas"]
    for methods in document["paths"].values():
        content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        reference = content.get(JSON, {}).get("schema", {}).get("$ref", "")
        shape = shapes.get(reference.rpartition("/")[2], {})
        if _lists_in(shape) == 1:
            content[CSV] = {
                "schema": {"type": "string"},
                "example": "worker_id,name\r\nW07,Li Na\r\n",
            }


def _lists_in(shape: Mapping[str, Any]) -> int:
    return sum("$ref" in one.get("items", {}) for one in shape.get("properties", {}).values())


def _turn(body: bytes) -> tuple[bytes, object] | None:
    """Return the one list of a document as CSV, and its cursor; None where there is not one."""
    document = json.loads(body)
    lists = [one for one in document.values() if isinstance(one, list)]
    if len(lists) != 1 or not all(isinstance(row, dict) for row in lists[0]):
        return None
    columns = list(dict.fromkeys(name for row in lists[0] for name in row))
    return csv_of(lists[0], columns).encode("utf-8-sig"), document.get(_NEXT)


def _with_cursor(scope: Scope, cursor: object) -> str:
    given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    query = [(name, value) for name, value in given if name != "cursor"]
    return f"{scope['path']}?{urlencode([*query, ('cursor', cursor)])}"


def _is_json(start: Message) -> bool:
    return start["status"] == _OK and Headers(raw=start["headers"]).get("content-type") == JSON


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return "'" + value
    return value
