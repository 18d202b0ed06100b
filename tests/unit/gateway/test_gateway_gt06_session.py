"""A terminal's connection: login, clock, identity, answers, commands."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.codecs.events import Alive, Event, Happened, Identified, Located, Refused, Reply
from gateway.codecs.gt06 import Gt06Codec, command
from gateway.codecs.gt06.frames import frame
from gateway.codecs.profile import Profile
from tests.unit.gateway.gt06_frames import (
    CELL,
    DATE,
    EPOCH,
    IMEI,
    NOW,
    STATUS,
    answered,
    codec,
    login,
    only,
    place,
    said,
)

PLACED = frame(0x12, place() + CELL, serial=2)


def on_line(profile: Profile | None = None) -> Gt06Codec:
    """Return a connection as the server makes it."""
    return Gt06Codec(profile or Profile())


def take(by: Gt06Codec, data: bytes) -> list[Event]:
    return by.receive(data, received_at=NOW)


def epoch_of(by: Gt06Codec) -> object:
    (event,) = said(PLACED, by)
    assert isinstance(event, Located)
    return event.fix and event.fix.epoch


def test_a_login_identifies_and_is_answered() -> None:
    assert take(on_line(), login()) == [Identified(terminal_id=IMEI), answered(0x01, 1)]


def test_what_comes_after_a_login_is_the_terminals() -> None:
    by = on_line()

    _, _, event, _ = take(by, login() + PLACED)

    assert isinstance(event, Located)
    assert event.terminal_id == IMEI


def test_without_a_login_nothing_is_taken_and_nothing_answered() -> None:
    (event,) = take(on_line(), PLACED)

    assert isinstance(event, Refused)
    assert event.code == "not_identified"


def test_a_line_that_is_known_needs_no_login() -> None:
    event = only(PLACED, Gt06Codec(Profile(), terminal_id="7"))

    assert isinstance(event, Located)
    assert event.terminal_id == "7"


def test_a_login_that_names_no_one_is_refused() -> None:
    (event,) = take(on_line(), frame(0x01, b"\1\2\3", serial=1))

    assert isinstance(event, Refused)
    assert event.code == "login"


@pytest.mark.parametrize(
    ("digits", "terminal_id"),
    [
        ("0359339075016807", "359339075016807"),
        ("1234567890123456", "1234567890123456"),
        ("035933907501680A", "35933907501680a"),
    ],
)
def test_ids_are_taken_as_the_terminal_says_them(digits: str, terminal_id: str) -> None:
    event = take(on_line(), frame(0x01, bytes.fromhex(digits), serial=1))[0]

    assert isinstance(event, Identified)
    assert event.terminal_id == terminal_id


@pytest.mark.parametrize(
    ("zone", "ahead"),
    [
        ("3201", timedelta(hours=8)),
        ("190A", timedelta(hours=-4)),
        ("2261", timedelta(hours=5, minutes=50)),
        ("FFF1", timedelta(0)),
    ],
)
def test_the_login_says_how_far_the_clock_is_ahead(zone: str, ahead: timedelta) -> None:
    by = on_line()
    take(by, login(behind=bytes.fromhex("100B" + zone)))

    assert epoch_of(by) == EPOCH - ahead


def test_the_profile_knows_better_than_the_login() -> None:
    by = on_line(Profile(clock_offset=timedelta(hours=1)))
    take(by, login(behind=bytes.fromhex("100B3201")))

    assert epoch_of(by) == EPOCH - timedelta(hours=1)


def test_a_login_of_old_models_says_its_model_alone() -> None:
    event = take(on_line(), login(behind=b"\x10"))[0]

    assert isinstance(event, Identified)
    assert event.attributes == {"model": "10"}


def test_an_answer_stands_behind_what_it_acknowledges() -> None:
    heartbeat = frame(0x13, STATUS, serial=9)

    events = take(codec(), PLACED + heartbeat)

    assert [type(event) for event in events] == [Located, Reply, Alive, Reply]
    assert events[1::2] == [answered(0x12, 2), answered(0x13, 9)]


@pytest.mark.parametrize("kind", [0x16, 0x26, 0x27, 0x22, 0x23, 0xA0])
def test_reports_and_alarms_are_answered_by_type_and_number(kind: int) -> None:
    events = take(codec(), frame(kind, place() + CELL + STATUS, serial=0x1234))

    assert events[-1] == answered(kind, 0x1234)


def test_the_time_is_told_in_utc() -> None:
    events = take(codec(), frame(0x8A, b"", serial=6))

    assert events[-1] == Reply(data=frame(0x8A, bytes((26, 3, 2, 4, 0, 0)), serial=6))


def test_a_request_for_an_address_gets_none() -> None:
    events = take(codec(), frame(0x2A, place() + b"12520135".ljust(21, b"\0"), serial=6))

    content = b"\x0b\0\0\0\0NA&&NA&&0##"
    assert events[-1] == Reply(data=frame(0x97, content, serial=6, is_long=True))


def test_a_scan_is_answered_with_its_own_time() -> None:
    events = take(codec(), bytes.fromhex("7878 00 17 260302040506 00 01CC00 0D0A"))

    assert events[-1] == Reply(data=bytes.fromhex("7878 00 17 260302040506 0D0A"))


@pytest.mark.parametrize("kind", [0x80, 0x81, 0x82])
def test_echoes_of_commands_are_told_and_not_answered(kind: int) -> None:
    (event,) = take(codec(), frame(kind, b"\5", serial=1))

    assert event == Happened(
        terminal_id=None, kind="message", attributes={"type": kind, "tail": "05"}
    )


def test_a_type_of_which_nothing_is_known_is_told_and_answered() -> None:
    event, reply = take(codec(), frame(0x5A, b"\1\2", serial=3))

    assert event == Happened(
        terminal_id=None, kind="message", attributes={"type": 0x5A, "tail": "0102"}
    )
    assert reply == answered(0x5A, 3)


def test_a_strange_long_frame_is_told_and_not_answered() -> None:
    (event,) = take(codec(), frame(0xFD, b"\1", serial=3, is_long=True))

    assert isinstance(event, Happened)


def test_a_frame_without_a_number_is_not_answered() -> None:
    (event,) = take(codec(), bytes.fromhex("7878 01 08 0D0A"))

    assert isinstance(event, Happened)


def test_a_command_goes_down_as_the_terminal_expects_it() -> None:
    # Of Traccar's encoder test.
    capture = bytes.fromhex("787812800c0000000052656c61792c312300009dee0d0a")

    assert command("Relay,1#") == capture


def test_a_command_may_name_its_language() -> None:
    assert command("WHERE#", serial=1, language=2) == frame(
        0x80, b"\x0a\0\0\0\0WHERE#\0\2", serial=1
    )


@pytest.mark.parametrize("text", ["x" * 245, "位置"])
def test_a_command_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"command|ascii"):
        command(text)


def test_a_command_bears_four_bytes_of_mark() -> None:
    with pytest.raises(ValueError, match="mark"):
        command("WHERE#", flag=b"\1")


def test_a_new_login_on_the_same_line_is_another_terminal() -> None:
    by = on_line()

    events = take(by, login() + login("123456789012345", serial=2) + PLACED)

    assert [event.terminal_id for event in events if isinstance(event, Located)] == [
        "123456789012345"
    ]


def test_the_same_facts_are_of_the_same_fix_wherever_they_stand() -> None:
    short, long = (frame(0x12, place(), serial=1, is_long=form) for form in (False, True))

    told = [replace(event, attributes={}) for event in (only(short), only(long))]  # type: ignore[call-arg] # both are dataclasses
    assert told[0] == told[1]
    assert DATE in short
