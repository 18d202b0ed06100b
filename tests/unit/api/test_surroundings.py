"""What surrounds every request, around applications that fail in different ways."""

import asyncio
import json

import pytest
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from api.access import Access

SCOPE = {"type": "http", "path": "/v1/workers", "query_string": b"", "headers": []}


async def fail_at_once(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError("a secret of ours")


async def fail_halfway(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise RuntimeError("a secret of ours")


def messages_of(app: Access, scope: Scope) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    with capture_logs():
        asyncio.run(app(scope, receive, send))
    return sent


def test_a_failure_is_answered_and_keeps_its_secrets() -> None:
    start, body = messages_of(Access(fail_at_once), dict(SCOPE))

    document = json.loads(body["body"])
    assert (start["status"], document["status"]) == (500, 500)
    assert (b"cache-control", b"no-store") in start["headers"]
    assert "secret" not in body["body"].decode()


def test_half_an_answer_is_cut_off_and_not_completed() -> None:
    with pytest.raises(RuntimeError):
        messages_of(Access(fail_halfway), dict(SCOPE))
