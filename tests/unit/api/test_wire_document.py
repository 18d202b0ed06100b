"""The AsyncAPI document says of the wire what the code does."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from api.wire.document import RETAINED, wire_document
from patrol import wire
from patrol.errors import InputError
from patrol.messages import decode_position, decode_status, decode_stored
from patrol.notices.checkins import decode_checkin
from patrol.notices.events import decode_event
from patrol.notices.reports import decode_report
from patrol.topics import UP, Kind
from tests.house.test_reference import PAYLOADS

DECODERS = {
    Kind.POSITION: decode_position,
    Kind.REPORT: decode_report,
    Kind.CHECKIN: decode_checkin,
    Kind.EVENT: decode_event,
    Kind.STATUS: decode_status,
    Kind.STORED: decode_stored,
}


def schema_of(kind: Kind) -> dict[str, Any]:
    document = wire_document()
    (reference,) = document["channels"][kind]["messages"].values()
    return document["components"]["messages"][reference["$ref"].rpartition("/")[2]]["payload"]


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for one in node:
            yield from references(one)


def test_every_topic_has_a_channel_and_an_operation() -> None:
    document = wire_document()

    assert set(document["channels"]) == set(Kind)
    directions = {
        one["channel"]["$ref"].rpartition("/")[2]: one["action"]
        for one in document["operations"].values()
    }
    assert directions == {kind: "receive" if kind in UP else "send" for kind in Kind}
    assert {Kind.STATUS, Kind.DUTY, Kind.DAY, Kind.LIST} == RETAINED


def test_every_reference_leads_somewhere() -> None:
    document = wire_document()
    for reference in references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


@pytest.mark.parametrize("kind", list(Kind))
def test_what_the_code_says_is_what_the_document_says(kind: Kind) -> None:
    body = wire.decode(PAYLOADS[kind])
    schema = schema_of(kind)

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(body, schema)
    assert set(body) <= set(schema["properties"])


@pytest.mark.parametrize("kind", list(DECODERS))
def test_what_the_document_requires_the_code_requires(kind: Kind) -> None:
    body = wire.decode(PAYLOADS[kind])
    for name in schema_of(kind)["required"]:
        less = {key: value for key, value in body.items() if key != name}
        with pytest.raises(InputError):
            DECODERS[kind](json.dumps(less).encode())


@pytest.mark.parametrize("kind", list(DECODERS))
def test_what_the_code_takes_out_of_range_the_document_refuses_too(kind: Kind) -> None:
    """Each whole number of the document that has bounds, one beyond them."""
    body = wire.decode(PAYLOADS[kind])
    for name, one in schema_of(kind)["properties"].items():
        if name not in body or one.get("type") != "integer":
            continue
        with pytest.raises(InputError):
            DECODERS[kind](json.dumps({**body, name: one["minimum"] - 1}).encode())
