"""A terminal logs in, lives, asks, answers, and is answered as it speaks."""

from datetime import datetime

import pytest

from gateway.codecs.events import Alive, Happened, Identified, Located, Refused, Reply
from gateway.codecs.jt808 import Jt808Codec
from gateway.codecs.profile import Profile
from tests.unit.gateway.jt808_frames import (
    NOW,
    PHONE,
    answers,
    first,
    frame,
    location,
    of_kind,
    said,
    unframed,
)

REGISTRATION_2013 = (
    bytes.fromhex("002c012f")
    + b"70111"
    + b"BSJ-A6-BD".ljust(20, b"\0")
    + b"0056772"
    + b"\x01"
    + "粤B12345".encode("gbk")
)
REGISTRATION_2019 = (
    bytes.fromhex("00210001")
    + b"MAKER".ljust(11, b"\0")
    + b"M330".ljust(30, b"\0")
    + b"8664960775821640".ljust(30, b"\0")
    + b"\x04"
)


def test_registration_is_answered_with_a_code() -> None:
    events = said(frame(0x0100, REGISTRATION_2013, serial=7))

    assert [type(event) for event in events] == [Identified, Reply]
    assert answers(events) == [(0x8100, bytes.fromhex("000700") + b"13912345678")]


def test_registration_tells_who_it_is() -> None:
    identified = first(Identified, frame(0x0100, REGISTRATION_2013))

    assert identified.terminal_id == "13912345678"
    assert identified.attributes == {
        "phone": PHONE,
        "version": None,
        "province": 0x2C,
        "city": 0x12F,
        "maker": "70111",
        "model": "BSJ-A6-BD",
        "own_id": "0056772",
        "plate": "粤B12345",
    }


def test_registration_of_2011_has_a_shorter_model() -> None:
    body = bytes.fromhex("002c012f") + b"70111" + b"BSJ-M7 " + b"\0" + b"0000000\x01"

    attributes = first(Identified, frame(0x0100, body)).attributes
    assert (attributes["model"], attributes["own_id"]) == ("BSJ-M7", "0000000")


def test_registration_of_2019_is_answered_in_its_version() -> None:
    events = said(frame(0x0100, REGISTRATION_2019, version=1))

    assert (
        first(Identified, frame(0x0100, REGISTRATION_2019, version=1)).attributes["model"] == "M330"
    )
    assert answers(events)[0][0] == 0x8100
    reply = of_kind(Reply, events)[0].data
    assert reply[3] & 0x40
    assert reply[5:16].hex() == "01" + PHONE.zfill(20)


def test_authentication_of_2013_is_a_code() -> None:
    events = said(frame(0x0102, b"secret\0", serial=0x0203))

    assert events[0].attributes["code"] == "secret"
    assert answers(events) == [(0x8001, bytes.fromhex("0203010200"))]


@pytest.mark.parametrize("software", [b"V1.0.2".ljust(20, b"\0"), b"\x06V1.0.2"])
def test_authentication_of_2019_names_imei_and_software(software: bytes) -> None:
    body = b"\x06secret" + b"866496077582164" + software
    attributes = first(Identified, frame(0x0102, body, version=1)).attributes

    assert attributes["code"] == "secret"
    assert attributes["imei"] == "866496077582164"
    assert attributes["software"] == "V1.0.2"


@pytest.mark.parametrize("code", [b"", b"secret"])
def test_authentication_of_2019_by_the_code_alone_is_taken(code: bytes) -> None:
    attributes = first(Identified, frame(0x0102, code, version=1)).attributes

    assert attributes["code"] == code.decode()


def test_whoever_is_not_admitted_is_told_so() -> None:
    asked = []
    codec = Jt808Codec(Profile(), admit=asked.append)
    data = frame(0x0100, REGISTRATION_2013) + frame(0x0102, b"x") + frame(0x0200, location())
    events = codec.receive(data, received_at=NOW)

    assert [type(event) for event in events] == [Refused, Reply] * 3
    assert {event.code for event in of_kind(Refused, events)} == {"terminal"}
    registered, *others = answers(events)
    assert registered == (0x8100, bytes.fromhex("000104"))
    assert [body[-1] for _, body in others] == [1, 1]
    assert asked == ["13912345678"] * 3


def test_whoever_is_admitted_in_the_meantime_is_heard_on_the_same_line() -> None:
    known: list[str] = []
    codec = Jt808Codec(Profile(), admit=known.__contains__)
    before = codec.receive(frame(0x0002), received_at=NOW)
    known.append("13912345678")
    after = codec.receive(frame(0x0002), received_at=NOW)

    assert [type(event) for event in before] == [Refused, Reply]
    assert [type(event) for event in after] == [Identified, Alive, Reply]


def test_whoever_does_not_log_in_is_identified_by_the_first_message() -> None:
    events = said(frame(0x0200, location()) * 2)

    assert [type(event) for event in events] == [Identified, Located, Reply, Located, Reply]


def test_another_terminal_on_the_same_line_is_identified_anew() -> None:
    events = said(frame(0x0002) + frame(0x0002, phone="000000000042"))

    assert [event.terminal_id for event in of_kind(Identified, events)] == ["13912345678", "42"]


@pytest.mark.parametrize(
    ("phone", "terminal_id"),
    [
        ("000000000000", "0"),
        ("013912345678", "13912345678"),
        ("4f07788ef876", "868934880041340"),
        ("4eb6fb4ad628", "865441240202006"),
    ],
)
def test_a_number_that_is_not_decimal_is_an_imei(phone: str, terminal_id: str) -> None:
    found = first(Identified, frame(0x0002, phone=phone)).terminal_id
    digits = f"{int(phone, 16)}" if not phone.isdecimal() else terminal_id

    assert found.startswith(digits)
    assert phone.isdecimal() is (found == terminal_id)
    assert phone.isdecimal() or is_luhn(found)


def is_luhn(number: str) -> bool:
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number))]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def test_a_number_of_2019_that_is_not_decimal_is_told_in_hex() -> None:
    data = frame(0x0002, phone="00000000000000000abc", version=1)

    assert first(Identified, data).terminal_id == "00000000000000000abc"


def test_a_heartbeat_is_answered() -> None:
    events = said(frame(0x0002, serial=9))

    assert of_kind(Alive, events)[0].attributes == {}
    assert answers(events) == [(0x8001, bytes.fromhex("0009000200"))]


@pytest.mark.parametrize(
    ("body", "battery_pct"), [("5d1028150005", 93), ("ff1000", None), ("01", None)]
)
def test_a_heartbeat_with_a_body_may_tell_of_the_battery(
    body: str, battery_pct: int | None
) -> None:
    alive = first(Alive, frame(0x0002, bytes.fromhex(body)))

    assert alive.battery_pct == battery_pct
    assert alive.attributes["body"] == body


def test_logging_out_is_told_and_answered() -> None:
    events = said(frame(0x0003))

    assert of_kind(Happened, events)[0].kind == "logout"
    assert answers(events)[0][0] == 0x8001


def test_the_time_is_told_in_utc() -> None:
    assert answers(said(frame(0x0004, version=1))) == [(0x8004, bytes.fromhex("261122040000"))]


def test_the_time_is_told_in_the_way_of_one_maker() -> None:
    expected = bytes.fromhex("07ea0b16040000") + b"\0"

    assert answers(said(frame(0x0109))) == [(0x8109, expected)]


def test_replies_to_commands_are_told_and_not_answered() -> None:
    events = said(frame(0x0001, bytes.fromhex("0005810300")))

    attributes = of_kind(Happened, events)[0].attributes
    assert attributes == {"answer_to": 5, "message": "0x8103", "result": 0}
    assert not answers(events)


def test_a_cut_reply_is_refused() -> None:
    assert first(Refused, frame(0x0001, b"\0")).code == "body"


@pytest.mark.parametrize(
    ("message_id", "body"),
    [
        (0x0701, bytes(4) + b"SET OK!"),
        (0x1300, bytes(2) + "SET OK!\r".encode("utf-16-be")),
        (0x6006, b"\0SET OK!"),
    ],
)
def test_texts_are_told(message_id: int, body: bytes) -> None:
    told = first(Happened, frame(message_id, body))

    assert (told.kind, told.attributes["text"]) == ("reply", "SET OK!")


@pytest.mark.parametrize(("body", "result"), [("000500", 0), ("0005", None)])
def test_answers_to_questions_and_photos_are_told(body: str, result: int | None) -> None:
    attributes = first(Happened, frame(0x0805, bytes.fromhex(body))).attributes

    assert (attributes["answer_to"], attributes.get("result")) == (5, result)


def test_properties_are_told_with_the_card_number() -> None:
    body = bytes(34) + bytes.fromhex("89883030000131882455") + b"\x00\x00"

    assert first(Happened, frame(0x0107, body)).attributes["iccid"] == "89883030000131882455"
    assert "iccid" not in first(Happened, frame(0x0107, b"")).attributes


def test_a_card_is_told_with_its_time() -> None:
    name = "王五".encode("gbk")
    body = bytes.fromhex("01261122120000" + "00") + bytes([len(name)]) + name
    body += b"0029B885".ljust(20, b"\0")
    attributes = first(Happened, frame(0x0702, body)).attributes

    assert attributes["inserted"] is True
    assert attributes["epoch"] == "2026-11-22T04:00:00+00:00"
    assert (attributes["name"], attributes["card"]) == ("王五", "0029B885")


@pytest.mark.parametrize("body", ["", "02ff1122120000"])
def test_a_card_taken_out_says_less(body: str) -> None:
    attributes = first(Happened, frame(0x0702, bytes.fromhex(body))).attributes

    assert attributes == {"inserted": False, "body": body}


def test_known_messages_without_meaning_here_are_kept_in_hex() -> None:
    events = said(frame(0x0705, b"\x01\x02"))

    assert of_kind(Happened, events)[0].attributes == {"message": "0x0705", "body": "0102"}
    assert answers(events)[0][1][-1] == 0


def test_a_list_of_pictures_is_kept_and_not_answered() -> None:
    events = said(frame(0x0802, bytes(4)))

    assert of_kind(Happened, events)[0].kind == "media_list"
    assert not answers(events)


def test_parameters_are_told_and_not_answered() -> None:
    items = "00000001" + "04" + "0000001e" + "00000083" + "04" + "d4c14238"
    items += "00000013" + "09" + b"127.0.0.1".hex() + "0000f364" + "03" + "ff0102"
    events = said(frame(0x0104, bytes.fromhex("000704" + items)))

    assert of_kind(Happened, events)[0].attributes == {
        "answer_to": 7,
        "parameters": {
            "0x0001": 30,
            "0x0083": 0xD4C14238,
            "0x0013": "127.0.0.1",
            "0xf364": "ff0102",
        },
    }
    assert not answers(events)


def test_unknown_messages_are_kept_and_answered_as_unsupported() -> None:
    events = said(frame(0x3F3F, b"\x01"))

    assert of_kind(Happened, events)[0].kind == "message"
    assert answers(events)[0][1][-1] == 3


def test_encrypted_messages_are_refused_and_answered_as_unsupported() -> None:
    events = said(frame(0x0200, location(), encryption=1))

    assert of_kind(Refused, events)[0].code == "encrypted"
    assert answers(events) == [(0x8001, bytes.fromhex("0001020003"))]


def test_answers_are_escaped_and_counted() -> None:
    codec = Jt808Codec(Profile())
    replies = [
        unframed(event.data)
        for serial in range(0x7D00, 0x7F00, 0x7F)
        for event in codec.receive(frame(0x0002, serial=serial), received_at=NOW)
        if type(event) is Reply
    ]

    assert [body[:2] for _, body in replies] == [
        serial.to_bytes(2, "big") for serial in range(0x7D00, 0x7F00, 0x7F)
    ]


def test_commands_are_counted_with_the_answers() -> None:
    codec = Jt808Codec(Profile())
    assert codec.addressee is None

    codec.receive(frame(0x0002), received_at=datetime.now(NOW.tzinfo))
    assert codec.addressee is not None
    assert codec.addressee.phone == bytes.fromhex(PHONE)
    assert codec.next_serial() == 1
