"""Frames of many terminals, made ready before anything is measured."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from patrol.fix import Fix
from simulator.terminals import gt06, jt808, phones

_BEGIN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
_FIRST_PHONE, _FIRST_IMEI = 13_900_000_000, 350_000_000_000_000


def phone_of(number: int) -> str:
    """Return the number of a JT/T 808 terminal."""
    return str(_FIRST_PHONE + number)


def imei_of(number: int) -> str:
    """Return the number of a GT06 terminal."""
    return str(_FIRST_IMEI + number)


def write_register(path: Path, *, terminals: int) -> None:
    """Write a register of that many terminals of both protocols."""
    with path.open("w", encoding="utf-8") as file:
        file.write("protocol,identity,terminal_id,model\n")
        for number in range(terminals):
            file.write(f"jt808,{phone_of(number)},J{number},badge\n")
            file.write(f"gt06,{imei_of(number)},G{number},tracker\n")


def fix_of(terminal: int, count: int) -> Fix:
    """Return the `count`-th fix of a terminal, one in ten seconds."""
    return Fix(
        epoch=_BEGIN + timedelta(seconds=10 * count),
        lat_deg=30.5 + terminal * 1e-5,
        lon_deg=104.0 + count * 1e-5,
        speed_mps=1.2,
        course_deg=90.0,
        satellites=9,
    )


def jt808_login(number: int) -> bytes:
    """Return what a terminal says first."""
    return jt808.frame(jt808.AUTHENTICATE, b"code", phone=phone_of(number), serial=0)


def gt06_login(number: int) -> bytes:
    """Return what a tracker says first."""
    return gt06.frame(gt06.LOGIN, gt06.login(imei_of(number)), serial=0)


def jt808_fix(number: int, count: int) -> bytes:
    """Return a location with satellites and a battery, as handhelds send it."""
    items = jt808.satellites(9) + bytes.fromhex("300118")
    body = jt808.location(fix_of(number, count), items=items)
    return jt808.frame(jt808.LOCATION, body, phone=phone_of(number), serial=count)


def gt06_fix(number: int, count: int) -> bytes:
    """Return a location, and with every fifth the heartbeat that a tracker has answered."""
    location = gt06.frame(gt06.LOCATION, gt06.location(fix_of(number, count)), serial=count)
    return location + gt06_alive(count) if is_answered("gt06", number + count) else location


def gt06_alive(count: int) -> bytes:
    """Return a heartbeat, which is answered."""
    return gt06.frame(gt06.HEARTBEAT, bytes.fromhex("0504030001"), serial=count)


def osmand_fix(number: int, count: int) -> bytes:
    """Return a request of Traccar Client."""
    return phones.osmand(fix_of(number, count), device=f"phone{number}")


LOGINS: dict[str, Callable[[int], bytes]] = {"jt808": jt808_login, "gt06": gt06_login}
FIXES: dict[str, Callable[[int, int], bytes]] = {"jt808": jt808_fix, "gt06": gt06_fix}
# One in so many is answered: by GT06, locations are not.
_ANSWERED: dict[str, int] = {"jt808": 1, "gt06": 5}


def is_answered(protocol: str, turn: int) -> bool:
    """Return whether the report of that turn, a terminal's number and the report's, is answered."""
    return turn % _ANSWERED[protocol] == 0
