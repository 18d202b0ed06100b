"""What OwnTracks' messages say, whom they are from, and how they are answered."""

import json
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nacl.secret import SecretBox

from gateway.codecs.events import (
    Event,
    Happened,
    Identified,
    Located,
    Photo,
    RawFix,
    Refused,
    Reply,
)
from gateway.codecs.owntracks import OwntracksCodec
from gateway.codecs.profile import Profile

NOW = datetime(2026, 3, 2, 5, tzinfo=UTC)
AT = datetime(2026, 3, 2, 4, tzinfo=UTC)
TOPIC = "owntracks/jane/phone"
PLACE = {"_type": "location", "lat": 30.5, "lon": 104.2, "tst": 1_772_424_000}
VECTORS = Path(__file__).parents[2] / "frames" / "owntracks.txt"
LINES = [line for line in VECTORS.read_text(encoding="utf-8").splitlines() if line[0] != "#"]
JPEG = b"\xff\xd8\xff\xe0\x00\x10"


def heard(topic: str = TOPIC, /, **fields: object) -> list[Event]:
    """Return what a location with `fields` says by MQTT, behind who it is from."""
    payload = json.dumps(PLACE | fields).encode()
    identified, *events = OwntracksCodec(Profile()).take_message(topic, payload)

    assert isinstance(identified, Identified)
    return events


def located(**fields: object) -> Located:
    found = heard(**fields)[0]
    assert isinstance(found, Located)
    return found


def fix(**fields: object) -> RawFix:
    found = located(**fields).fix
    assert found is not None
    return found


def post(
    body: bytes, *, target: str = "/pub", headers: str = "", codec: OwntracksCodec | None = None
) -> list[Event]:
    head = f"POST {target} HTTP/1.1\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return (codec or OwntracksCodec(Profile())).receive(head.encode() + body, received_at=NOW)


def answer(events: list[Event]) -> tuple[int, bytes]:
    reply = events[-1]
    assert isinstance(reply, Reply)
    return int(reply.data.split()[1]), reply.data.partition(b"\r\n\r\n")[2]


def sealed(inner: dict[str, object], key: bytes = b"key") -> bytes:
    box = SecretBox(key.ljust(32, b"\0")).encrypt(json.dumps(inner).encode(), bytes(24))
    return json.dumps({"_type": "encrypted", "data": b64encode(box).decode()}).encode()


@pytest.mark.parametrize("line", LINES)
def test_every_vector_is_read(line: str) -> None:
    events = OwntracksCodec(Profile()).take_line(line.encode(), received_at=NOW)

    assert isinstance(events[0], Identified)
    assert [event for event in events if isinstance(event, Refused)] == []
    assert isinstance(events[-1], Reply) == line.startswith("{")


def test_a_location_gives_all_of_a_fix() -> None:
    report = located(
        acc=4, alt=500, vac=3, vel=36, cog=90, batt=80, bs=2, conn="w", t="u", m=1, p=95.1, x=[1]
    )

    assert report.fix == RawFix(
        epoch=AT,
        lat_deg=30.5,
        lon_deg=104.2,
        altitude_m=500.0,
        speed_mps=10.0,
        course_deg=90.0,
        accuracy_m=4.0,
    )
    assert (report.terminal_id, report.battery_pct, report.late) == ("jane/phone", 80, False)
    assert report.attributes == {
        "vertical_accuracy_m": 3,
        "battery_state": "charging",
        "connection": "wifi",
        "trigger": "u",
        "monitoring": "significant",
        "pressure_kpa": 95.1,
        "x": [1],
    }


def test_what_a_location_does_not_say_is_not_known() -> None:
    report = located()

    assert report.fix == RawFix(epoch=AT, lat_deg=30.5, lon_deg=104.2)
    assert (report.battery_pct, report.alarms, report.attributes) == (None, (), {})


def test_numbers_may_be_text_and_minus_one_is_not_known() -> None:
    found = fix(lat="30.5", lon="104.2", tst="1772424000", vel="-1", cog="-1", batt="-1")

    assert found == RawFix(epoch=AT, lat_deg=30.5, lon_deg=104.2)


def test_a_ping_is_no_measurement() -> None:
    assert not fix(t="p").valid


@pytest.mark.parametrize("fields", [{"acc": -1}, {"acc": "-1"}])
def test_a_negative_accuracy_is_no_measurement(fields: dict[str, object]) -> None:
    found = fix(**fields)

    assert (found.valid, found.accuracy_m) == (False, None)


def test_what_was_measured_offline_is_late() -> None:
    assert located(conn="o").late


@pytest.mark.parametrize(
    "fields",
    [{"lat": None}, {"lat": 91}, {"lon": True}, {"tst": None}, {"tst": "x" * 99}, {"tst": 1e300}],
)
def test_a_place_or_time_that_cannot_be_read_gives_no_fix(fields: dict[str, object]) -> None:
    report = located(**fields)

    assert report.fix is None
    assert report.attributes["unreadable"] == {
        name: (PLACE | fields)[name] for name in ("lat", "lon", "tst")
    }


@pytest.mark.parametrize(
    ("fields", "alarms"),
    [
        ({"t": "9"}, ("low_battery",)),
        ({"t": "e"}, ("power_cut",)),
        ({"t": "h", "rty": 2}, ("cornering",)),
        ({"t": "h", "rty": 9}, ()),
        ({"t": "h"}, ()),
        ({"t": 5}, ()),
        ({"t": "u"}, ()),
    ],
)
def test_bridged_trackers_tell_alarms_by_their_trigger(
    fields: dict[str, object], alarms: tuple[str, ...]
) -> None:
    assert located(**fields).alarms == alarms


@pytest.mark.parametrize(("trigger", "ignition"), [("i", True), ("I", False)])
def test_bridged_trackers_tell_the_ignition_by_their_trigger(
    trigger: str, *, ignition: bool
) -> None:
    assert located(t=trigger).attributes["ignition"] is ignition


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (JPEG, "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n..", "image/png"),
        (b"RIFF....WEBP", "image/webp"),
        (b"....ftypheic", "image/heic"),
        (b"?", "application/octet-stream"),
    ],
)
@pytest.mark.parametrize("before", ["", "data:image/x;base64,"])
def test_a_picture_has_the_fix_of_its_message(data: bytes, media_type: str, before: str) -> None:
    image = before + b64encode(data).decode()
    report, photo = heard(poi="gate", image=image, imagename="a.jpg")

    assert isinstance(report, Located)
    assert photo == Photo(
        terminal_id="jane/phone",
        media_type=media_type,
        data=data,
        fix=report.fix,
        attributes={"poi": "gate", "imagename": "a.jpg"},
    )


@pytest.mark.parametrize("image", ["", "a", "/9j/4AAQ!", "ä"])
def test_a_picture_that_cannot_be_read_is_refused_and_the_place_stays(image: str) -> None:
    report, refused = heard(image=image)

    assert isinstance(report, Located)
    assert isinstance(refused, Refused)
    assert refused.code == "unreadable_image"


def test_a_long_text_is_left_out_and_named() -> None:
    assert located(note="x" * 5000).attributes == {"left_out": ["note"]}


def test_a_transition_is_told_with_its_own_fields() -> None:
    fields = {"event": "enter", "desc": "Hall", "wtst": 1, "t": "c"}
    (event,) = heard(f"{TOPIC}/event", _type="transition", **fields)

    place = {name: PLACE[name] for name in ("lat", "lon", "tst")}
    assert event == Happened(terminal_id="jane/phone", kind="transition", attributes=place | fields)


def test_a_portrait_is_left_out_of_a_card() -> None:
    (event,) = heard(_type="card", name="Jane", face="iVBORw0KGgo=")

    assert isinstance(event, Happened)
    assert "face" not in event.attributes


@pytest.mark.parametrize("kind", ["configuration", "dump"])
def test_of_a_configuration_names_alone_are_told(kind: str) -> None:
    (event,) = heard(_type=kind, password="secret")  # noqa: S106 - of nobody

    assert event == Happened(
        terminal_id="jane/phone",
        kind="configuration",
        attributes={"names": ["_type", "lat", "lon", "tst", "password"]},
    )


def test_a_message_without_a_type_is_a_location_if_it_has_a_place() -> None:
    payload = json.dumps({name: PLACE[name] for name in ("lat", "lon", "tst")}).encode()

    assert isinstance(OwntracksCodec(Profile()).take_message(TOPIC, payload)[1], Located)


@pytest.mark.parametrize(
    "payload", [b"{", b"5", b"{}", b'{"_type":"x"}', b'{"_type":[]}', b"\xff\xfe", b"{" * 100_000]
)
def test_what_cannot_be_read_is_refused_and_kept(payload: bytes) -> None:
    *_, refused = OwntracksCodec(Profile()).take_message(TOPIC, payload)

    assert isinstance(refused, Refused)
    assert (refused.code, refused.data) == ("unreadable_message", payload)


@pytest.mark.parametrize("payload", [b"", b" \n"])
def test_an_empty_message_is_nothing(payload: bytes) -> None:
    assert OwntracksCodec(Profile()).take_message(TOPIC, payload) == []
    events = post(payload)

    assert len(events) == 1
    assert answer(events) == (200, b"[]")


@pytest.mark.parametrize(
    ("topic", "terminal_id"),
    [
        ("owntracks/jane/phone", "jane/phone"),
        ("/owntracks/jane/phone/", "jane/phone"),
        ("owntracks/jane/phone/event", "jane/phone"),
        ("home/owntracks/jane/phone/waypoints", "jane/phone"),
        ("owntracks/jane/phone/something", "jane/phone"),
        ("owntracks/jane/event", "jane/event"),
        ("tracks/jane/phone/lwt", "jane/phone"),
        ("home/tracks/jane/phone", "jane/phone"),
        ("owntracks/jane", "JJ"),
        ("", "JJ"),
    ],
)
def test_a_topic_names_user_and_device(topic: str, terminal_id: str) -> None:
    payload = json.dumps(PLACE | {"tid": "JJ"}).encode()
    identified = OwntracksCodec(Profile()).take_message(topic, payload)[0]

    assert identified == Identified(terminal_id=terminal_id)


@pytest.mark.parametrize(
    ("target", "headers", "topic", "terminal_id"),
    [
        ("/pub?u=jane&d=phone", "", "owntracks/x/y", "jane/phone"),
        ("/pub?u=J%C3%A4ne+Doe&d=a%2Fb", "", "", "Jäne Doe/a/b"),
        ("/pub?u=x&d=y", "X-Limit-U: jane\r\nX-Limit-D: phone\r\n", "", "jane/phone"),
        ("/pub", "X-Limit-U: jane\r\n", "owntracks/x/phone", "jane/phone"),
        ("/pub", "", "owntracks/jane/phone", "jane/phone"),
        ("/pub", "Authorization: Basic amFuZTpzZWNyZXQ=\r\n", "", "jane/JJ"),
        ("/pub", "Authorization: Basic amFuZTpzZWNyZXQ=\r\n", "owntracks/x/y", "x/y"),
        ("/pub", "Authorization: Basic !\r\n", "", "JJ"),
        ("/pub", "Authorization: Bearer x\r\n", "", "JJ"),
    ],
)
def test_a_request_names_its_sender_in_many_places(
    target: str, headers: str, topic: str, terminal_id: str
) -> None:
    body = json.dumps(PLACE | {"tid": "JJ", "topic": topic}).encode()
    identified, report, _ = post(body, target=target, headers=headers)

    assert identified == Identified(terminal_id=terminal_id)
    assert isinstance(report, Located)
    assert report.terminal_id == terminal_id


def test_a_query_of_too_many_fields_is_refused() -> None:
    events = post(b"{}", target="/pub?" + "&a=1" * 300)

    assert isinstance(events[0], Refused)
    assert (events[0].code, answer(events)[0]) == ("unreadable_message", 400)


def test_a_request_without_a_sender_is_refused() -> None:
    events = post(json.dumps(PLACE).encode())

    assert isinstance(events[0], Refused)
    assert (events[0].code, answer(events)) == ("no_id", (400, b""))


def test_a_written_message_needs_no_sender() -> None:
    report, reply = OwntracksCodec(Profile()).take_line(json.dumps(PLACE).encode(), received_at=NOW)

    assert isinstance(report, Located)
    assert report.terminal_id is None
    assert answer([reply]) == (200, b"[]")


def test_an_unknown_sender_is_refused_until_he_is_known() -> None:
    codec = OwntracksCodec(Profile(), admit=lambda terminal_id: terminal_id == "jane/phone")
    events = post(json.dumps(PLACE).encode(), target="/?u=x&d=y", codec=codec)

    assert isinstance(events[0], Refused)
    assert (events[0].code, answer(events)[0]) == ("unknown_terminal", 403)
    assert (
        answer(post(json.dumps(PLACE).encode(), target="/?u=jane&d=phone", codec=codec))[0] == 200
    )


def test_a_message_that_nobody_can_read_is_answered_so_that_it_ends() -> None:
    events = post(b"{")

    assert isinstance(events[0], Refused)
    assert answer(events) == (200, b"[]")


def test_a_list_of_messages_is_read() -> None:
    events = post(json.dumps([PLACE, PLACE]).encode(), target="/?u=jane&d=phone")

    assert [type(event) for event in events] == [Identified, Located, Located, Reply]


def test_an_encrypted_message_is_opened_by_the_profiles_key() -> None:
    codec = OwntracksCodec(Profile(secret_key=b"key"))
    identified, report = codec.take_message("", sealed(PLACE | {"tid": "JJ"}))

    assert identified == Identified(terminal_id="JJ")
    assert isinstance(report, Located)
    assert report.fix == RawFix(epoch=AT, lat_deg=30.5, lon_deg=104.2)


@pytest.mark.parametrize("key", [None, b"other", b"x" * 33])
def test_a_message_that_the_key_does_not_open_is_repeated_until_it_does(key: bytes | None) -> None:
    codec = OwntracksCodec(Profile(secret_key=key))
    events = post(sealed(dict(PLACE)), target="/?u=jane&d=phone", codec=codec)

    assert events[0] == Identified(terminal_id="jane/phone")
    assert isinstance(events[1], Refused)
    assert (events[1].code, answer(events)[0]) == ("sealed", 403)


@pytest.mark.parametrize("data", [5, "", "AAAA", "?"])
def test_what_is_not_sealed_cannot_be_opened(data: object) -> None:
    codec = OwntracksCodec(Profile(secret_key=b"key"))
    payload = json.dumps({"_type": "encrypted", "data": data}).encode()
    *_, refused = codec.take_message(TOPIC, payload)

    assert isinstance(refused, Refused)
    assert refused.code == "sealed"


def test_one_message_is_in_an_encrypted_one() -> None:
    codec = OwntracksCodec(Profile(secret_key=b"key"))
    box = SecretBox(b"key".ljust(32, b"\0")).encrypt(b"[{},{}]", bytes(24))
    payload = json.dumps({"_type": "encrypted", "data": b64encode(box).decode()}).encode()
    *_, refused = codec.take_message(TOPIC, payload)

    assert isinstance(refused, Refused)
    assert refused.code == "unreadable_message"


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        (f"{TOPIC} (null)", []),
        ("\n", []),
        ("nonsense", [Refused]),
        (f"{TOPIC} {{", [Refused]),
        (f'\ufeff{TOPIC} {{"_type":"lwt","tst":1}}\n', [Identified, Happened]),
        ("GET /pub HTTP/1.1", [Reply]),
    ],
)
def test_a_line_is_read_as_people_write_it(line: str, kinds: list[type]) -> None:
    codec = OwntracksCodec(Profile())
    events = codec.take_line(line.encode(), received_at=NOW)

    assert [type(event) for event in events] == kinds
    assert codec.close() == []
