"""Lines of terminals over real sockets: who is heard, who is closed and why, and how it ends."""

import os
import socket
import sqlite3
import ssl
import threading
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.custody.committer import Committer, Deed
from gateway.custody.spool import Spool
from patrol.fix import Fix
from simulator.terminals import gt06, jt808, phones
from tests.guarded import Authority
from tests.processes import eventually
from tests.unit.gateway.nmea_lines import line, rmc
from tests.unit.gateway.open_house import OpenHouse, open_house

BEGIN = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
PHONE, IMEI = "13912345678", "123456789012345"
REGISTER = f"""protocol,identity,terminal_id,model
jt808,{PHONE},J1,badge
jt808,13912345679,J2,badge
gt06,{IMEI},G1,tracker
nmea,357000000000001,N1,sender
osmand,phone1,O1,traccar
osmand,phone2,O2,traccar
"""


def fix_at(second: int) -> Fix:
    return Fix(epoch=BEGIN + timedelta(seconds=second), lat_deg=30.5, lon_deg=104.25)


def said(second: int = 0, phone: str = PHONE) -> bytes:
    body = jt808.location(fix_at(second))
    return jt808.frame(jt808.LOCATION, body, phone=phone, serial=second)


def is_closed(one: socket.socket) -> bool:
    """Return whether the other side closes, whatever it said before."""
    try:
        while one.recv(65_536):
            pass
    except ConnectionError:
        pass
    return True


def is_taken(one: socket.socket, data: bytes) -> bool:
    """Return whether all of it is taken off a line before its time is out."""
    try:
        one.sendall(data)
    except OSError:
        return False
    return True


def pipe_to_reader(path: Path) -> int | None:
    """Return a handle to write to whoever reads a pipe, None while nobody does."""
    try:
        return os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None


@pytest.fixture
def house(tmp_path):
    """Return an open house with limits that are far away."""
    with open_house(tmp_path, REGISTER) as opened:
        yield opened


def test_who_takes_no_answers_is_not_read_any_more_and_closed_after_a_time(tmp_path):
    with open_house(tmp_path, REGISTER, unread_s=1.0) as house, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        deaf.connect(("127.0.0.1", house.ports["jt808"]))
        deaf.settimeout(0.2)
        beat = jt808.frame(jt808.HEARTBEAT, b"", phone=PHONE, serial=1) * 1_000
        assert not is_taken(deaf, beat * 1_000)
        with house.call("gt06") as other:
            other.sendall(gt06.frame(gt06.LOGIN, gt06.login(IMEI), serial=1))
            assert other.recv(64)
        eventually(lambda: house.refused("unread") == 1)
        eventually(lambda: house.lines() == 0)


def test_two_of_one_proxy_line_are_both_heard_and_neither_closes_the_other(house):
    with house.call("osmand") as first, house.call("osmand") as second:
        for proxy, name in ((first, "phone1"), (first, "phone2"), (second, "phone1"),
                            (first, "phone2"), (first, "phone1")):  # fmt: skip
            proxy.sendall(phones.osmand(fix_at(0), device=name))
            assert b" 200 " in proxy.recv(512)
        assert house.refused("replaced_by_newer_line") == 0
        assert house.ask(lambda: set(house.house._speakers)) == {"O1", "O2"}
    eventually(lambda: house.lines() == 0)
    assert house.ask(lambda: house.house._speakers) == {}


def test_a_phones_request_does_not_close_the_line_of_its_tracker(tmp_path):
    register = REGISTER.replace("phone1,O1", "phone1,J1")
    with open_house(tmp_path, register) as house, house.call("jt808") as tracker:
        tracker.sendall(said(1))
        assert tracker.recv(64)
        with house.call("osmand") as phone:
            phone.sendall(phones.osmand(fix_at(0), device="phone1"))
            assert b" 200 " in phone.recv(512)
        tracker.sendall(said(2))
        assert tracker.recv(64)


def test_the_newest_line_of_a_terminal_speaks_and_what_the_older_one_said_is_kept(house, tmp_path):
    with house.call("jt808") as older, house.call("jt808") as newer:
        older.sendall(said(1))
        assert older.recv(64)
        newer.sendall(said(2))
        assert newer.recv(64)
        assert older.recv(64) == b""
        assert house.refused("replaced_by_newer_line") == 1
    with Spool(tmp_path / "s.sqlite") as spool:
        assert spool.count() == (2, 0)


def test_a_datagram_is_one_deed_and_is_kept(house, tmp_path, monkeypatch):
    deeds: list[Deed] = []
    hand_over = Committer.hand_over

    def count(committer: Committer, deed: Deed) -> None:
        deeds.append(deed)
        hand_over(committer, deed)

    monkeypatch.setattr(Committer, "hand_over", count)
    with (
        closing(socket.socket(type=socket.SOCK_DGRAM)) as sender,
        Spool(tmp_path / "s.sqlite") as spool,
    ):
        sender.sendto(line("PGID,357000000000001") + rmc(), ("127.0.0.1", house.ports["udp"]))
        eventually(lambda: spool.count() == (1, 0))
    assert len(deeds) == 1


def test_who_does_not_say_who_it_is_is_hung_up_on(tmp_path):
    with open_house(tmp_path, REGISTER, login_s=1.0) as house, house.call("jt808") as stranger:
        stranger.sendall(said(0, "13900000000"))
        assert is_closed(stranger)
        eventually(lambda: house.refused("no_login") == 1)
        assert house.refused("unknown_terminal") == 1


def test_who_falls_silent_is_hung_up_on(tmp_path):
    with open_house(tmp_path, REGISTER, idle_s=1.0) as house, house.call("jt808") as silent:
        silent.sendall(said())
        assert is_closed(silent)
        eventually(lambda: house.refused("idle") == 1)


@pytest.mark.parametrize("limit", ["most_lines", "most_lines_of_address"])
def test_there_are_no_more_lines_than_there_may_be_and_a_place_is_given_back(tmp_path, limit):
    with open_house(tmp_path, REGISTER, **{limit: 2}) as house:
        with house.call("jt808"), house.call("gt06"):
            eventually(lambda: house.lines() == 2)
            with house.call("osmand") as third:
                assert is_closed(third)
            assert house.refused(limit) == 1
        eventually(lambda: house.lines() == 0)
        with house.call("jt808") as later:
            later.sendall(said())
            assert later.recv(64)


def test_who_leaves_the_register_is_hung_up_on_and_the_others_stay(house, tmp_path):
    with house.call("jt808") as leaves, house.call("jt808") as stays:
        leaves.sendall(said())
        stays.sendall(said(0, "13912345679"))
        assert leaves.recv(64)
        assert stays.recv(64)
        register = tmp_path / "t.csv"
        register.write_text(REGISTER.replace(f"jt808,{PHONE},J1,badge\n", ""))
        os.utime(register, (1, 1))
        assert is_closed(leaves)
        eventually(lambda: house.refused("no_longer_registered") == 1)
        stays.sendall(said(1, "13912345679"))
        assert stays.recv(64)


def test_a_register_that_takes_its_time_holds_up_nobody(house, tmp_path):
    register = tmp_path / "t.csv"
    register.unlink()
    # Whoever reads it waits until somebody writes.
    os.mkfifo(register)
    os.utime(register, (1, 1))
    writing = eventually(lambda: pipe_to_reader(register))
    with house.call("jt808") as talker:
        talker.sendall(said())
        assert talker.recv(64)
    with os.fdopen(writing, "w") as pipe:
        pipe.write(f"{REGISTER}jt808,13900000009,J9,badge\n")
    eventually(lambda: house.house.registry.find("jt808", "13900000009") is not None)


def test_requests_that_do_not_end_do_not_fill_the_memory(tmp_path):
    head = b"POST /pub HTTP/1.1\r\nContent-Length: 900000\r\n\r\n"
    with open_house(tmp_path, REGISTER, unfinished_most_mb=1) as house, ExitStack() as calls:
        lines = [calls.enter_context(house.call("owntracks")) for _ in range(4)]
        for one in lines:
            one.settimeout(0.5)
            is_taken(one, head + b"x" * 600_000)
        eventually(lambda: house.refused("unfinished") == 3)
        assert house.ask(lambda: house.house.unfinished_bytes) <= 1 << 20
    eventually(lambda: house.house.unfinished_bytes == 0)


def test_what_was_read_is_kept_and_answered_before_the_end(house, tmp_path):
    disk = sqlite3.connect(tmp_path / "s.sqlite", isolation_level=None, check_same_thread=False)
    with house.call("jt808") as talker, closing(disk):
        talker.sendall(said(0))
        assert talker.recv(64)
        disk.execute("begin immediate")
        talker.sendall(said(1))
        eventually(lambda: house.ask(lambda: any(o._waiting for o in house.house.lines)))
        letting_go = threading.Timer(0.5, lambda: disk.execute("rollback"))
        letting_go.start()
        house.see_off(within_s=5.0)
        letting_go.join()
        assert talker.recv(64)
        assert talker.recv(64) == b""
    with Spool(tmp_path / "s.sqlite") as spool:
        assert spool.count() == (2, 0)


def test_a_disk_that_hangs_does_not_hold_up_the_end(tmp_path):
    with open_house(tmp_path, REGISTER) as house, house.call("jt808") as talker:
        talker.sendall(said(0))
        assert talker.recv(64)
        with closing(sqlite3.connect(tmp_path / "s.sqlite", isolation_level=None)) as disk:
            disk.execute("begin immediate")
            talker.sendall(said(1))
            eventually(lambda: house.ask(lambda: any(o._waiting for o in house.house.lines)))
            began = time.monotonic()
            house.see_off(within_s=0.5)
            assert time.monotonic() - began < 2.0
            assert is_closed(talker)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "authority")


@pytest.fixture
def secured(tmp_path, authority):
    """Return what opens a house with TLS, and a client's context for it."""
    identity = authority.issue("127.0.0.1")
    context = ssl.create_default_context(cafile=authority.certificate)

    def opened(**changed):
        return open_house(
            tmp_path,
            REGISTER,
            tls_certificate=identity.certificate,
            tls_key=identity.key,
            **changed,
        )

    return opened, context


def shake(house: OpenHouse, context: ssl.SSLContext) -> ssl.SSLSocket:
    return context.wrap_socket(house.call("jt808"), server_hostname="127.0.0.1")


def test_a_terminal_speaks_over_tls(secured, tmp_path):
    opened, context = secured
    with opened() as house:
        with shake(house, context) as talker:
            talker.sendall(said())
            assert talker.recv(64)
            assert house.lines() == 1
        eventually(lambda: house.lines() == 0)
    with Spool(tmp_path / "s.sqlite") as spool:
        assert spool.count() == (1, 0)


def test_who_does_not_shake_hands_has_a_place_all_the_same_and_loses_it_in_time(secured):
    opened, context = secured
    with opened(most_lines_of_address=2, login_s=3.0) as house:
        with house.call("jt808"), house.call("jt808") as silent:
            eventually(lambda: house.lines() == 2)
            with pytest.raises(OSError, match=r"EOF|reset|closed"):
                shake(house, context)
            assert house.refused("most_lines_of_address") == 1
            assert is_closed(silent)
            eventually(lambda: house.lines() == 0)
        with shake(house, context) as talker:
            talker.sendall(said())
            assert talker.recv(64)


def test_who_is_hung_up_on_while_shaking_hands_gives_the_place_back(secured):
    opened, _ = secured
    with opened() as house, house.call("jt808") as silent:
        eventually(lambda: house.lines() == 1)
        house.ask(lambda: [one.end("idle") for one in list(house.house.lines)])
        assert is_closed(silent)
        eventually(lambda: house.lines() == 0, within_s=5.0)


def test_who_speaks_without_tls_is_counted_and_nothing_of_it_is_taken(secured):
    opened, _ = secured
    with opened() as house, house.call("jt808") as plain:
        plain.sendall(said())
        assert is_closed(plain)
        eventually(lambda: house.refused("no_handshake") == 1)
        eventually(lambda: house.lines() == 0)
        assert house.ask(lambda: dict(house.house.metrics._frames)) == {}
