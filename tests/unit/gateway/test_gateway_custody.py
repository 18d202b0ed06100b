"""What the gateway keeps: numbers that are never used twice, and a disk that takes no more."""

import queue

import pytest

from gateway.custody.committer import Committer, Deed, call_all
from gateway.custody.photos import PhotoFolder, Picture
from gateway.custody.relay import runs_of
from gateway.custody.spool import Kept, Letter, Spool
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import Position, Stored

T1, T2 = TerminalId("T1"), TerminalId("T2")


def kept(terminal: TerminalId, *epochs: int) -> list[Kept]:
    return [Kept(terminal, "gateway-jt808", Position(epoch, 1, 2)) for epoch in epochs]


@pytest.fixture
def path(tmp_path):
    """Return where a spool may be."""
    return tmp_path / "spool" / "s.sqlite"


def put(spool: Spool, *fixes: Kept) -> None:
    spool.begin()
    spool.put(fixes)
    spool.commit()


def test_each_terminal_counts_its_own_fixes(path):
    with Spool(path) as spool:
        put(spool, *kept(T1, 10, 20), *kept(T2, 30), *kept(T1, 40))
        rows = spool.read(after=0, most=10)

    assert [(one.terminal_id, one.seq, one.position.epoch_ms) for one in rows] == [
        (T1, 1, 10),
        (T1, 2, 20),
        (T2, 1, 30),
        (T1, 3, 40),
    ]


def test_a_number_is_not_used_again_after_all_is_stored_and_the_gateway_began_anew(path):
    with Spool(path) as spool:
        put(spool, *kept(T1, 10, 20))
        spool.begin()
        assert spool.forget(T1, [(1, 2)]) == 2
        spool.commit()
        first_id = spool.id
    with Spool(path) as spool:
        put(spool, *kept(T1, 30))
        assert [one.seq for one in spool.read(after=0, most=10)] == [3]
        assert spool.id == first_id


def test_what_is_rolled_back_takes_no_numbers(path):
    with Spool(path) as spool:
        spool.begin()
        spool.put(kept(T1, 10))
        spool.roll_back()
        put(spool, *kept(T1, 20))
        assert [(one.seq, one.position.epoch_ms) for one in spool.read(after=0, most=9)] == [
            (1, 20)
        ]


def test_a_spool_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "s.sqlite").write_bytes(b"not a database at all, but long enough to be one" * 50)
    with pytest.raises(InputError, match="cannot be used"):
        Spool(tmp_path / "s.sqlite")


def test_runs_hold_one_terminals_fixes_in_a_row(path):
    with Spool(path) as spool:
        put(spool, *kept(T1, 1, 2, 3), *kept(T2, 4), *kept(T1, 5))
        spool.begin()
        spool.forget(T1, [(2, 2)])
        spool.commit()
        runs = list(runs_of(spool.read(after=0, most=10)))

    assert [[(one.terminal_id, one.seq) for one in run] for run in runs] == [
        [(T1, 1)],
        [(T1, 3), (T1, 4)],
        [(T2, 1)],
    ]


@pytest.fixture
def committer(path):
    """Return one at work."""
    started = Committer(path, 1 << 30, PhotoFolder(path, most_bytes=1 << 20))
    started.start()
    yield started
    started.close()


def do(committer: Committer, **deed) -> bool:
    """Hand a deed over and return whether it was kept."""
    told: queue.SimpleQueue[bool] = queue.SimpleQueue()
    committer.hand_over(Deed(done=told.put, **deed))
    return told.get(timeout=10)


def test_a_deed_is_on_disk_when_it_is_told(committer, path):
    letter = Letter(T1, "event", "e1", b"{}")
    assert do(committer, kept=tuple(kept(T1, 10)), letters=(letter, letter))

    with Spool(path) as spool:
        assert spool.count() == (1, 1)


def test_what_waits_is_fixes_and_messages_until_they_are_stored(committer, path):
    letter = Letter(T1, "event", "e1", b"{}")
    do(committer, kept=tuple(kept(T1, 10)), letters=(letter, letter))
    assert committer.waiting == 2

    with Spool(path) as spool:
        own = spool.id
    do(committer, stored=((T1, Stored(outbox=own, fixes=((1, 1),), ids=("e1",))),))
    assert committer.waiting == 0


def test_what_another_spool_had_stored_is_not_forgotten(committer, path):
    do(committer, kept=tuple(kept(T1, 10, 20)))
    do(committer, stored=((T1, Stored(outbox="another", fixes=((1, 2),))),))
    with Spool(path) as spool:
        assert spool.count() == (2, 0)
        own = spool.id
    do(committer, stored=((T1, Stored(outbox=own, fixes=((1, 1),))),))
    with Spool(path) as spool:
        assert [one.seq for one in spool.read(after=0, most=9)] == [2]


def test_a_full_spool_keeps_nothing_more_until_something_is_stored(path):
    committer = Committer(path, 200_000, PhotoFolder(path, most_bytes=1 << 20))
    committer.start()
    try:
        taken = 0
        while do(committer, kept=tuple(kept(T1, *range(1000)))):
            taken += 1000
        assert taken
        assert not committer.is_writable
        with Spool(path) as spool:
            own, (waiting, _) = spool.id, spool.count()
        assert waiting == taken

        do(committer, stored=((T1, Stored(outbox=own, fixes=((1, taken),))),))
        assert do(committer, kept=tuple(kept(T1, 7)))
        assert committer.is_writable
    finally:
        committer.close()


def test_strangers_are_counted_by_what_they_call_themselves(committer, path):
    for at in ("2026-03-02T04:00:00+00:00", "2026-03-02T04:00:05+00:00"):
        do(committer, strangers=(("jt808", "139", "127.0.0.1", at),))

    with Spool(path) as spool:
        assert [(one.identity, one.times, one.last_at[-8:-6]) for one in spool.strangers()] == [
            ("139", 2, "05")
        ]


def test_a_picture_is_on_disk_when_it_is_told_and_one_too_many_is_not_kept(committer, path):
    whole, more = Picture("a" * 64, b"x" * 900_000), Picture("b" * 64, b"y" * 900_000)

    assert do(committer, pictures=(whole,), letters=(Letter(T1, "report", "r1", b"{}"),))
    assert not do(committer, pictures=(more,), letters=(Letter(T1, "report", "r2", b"{}"),))
    # Nobody else is refused for it.
    assert committer.is_writable
    assert do(committer, kept=tuple(kept(T2, 10)))

    folder = path.with_name("s-photos")
    assert [one.name for one in folder.iterdir()] == [whole.sha256]
    assert (folder / whole.sha256).read_bytes() == whole.data
    with Spool(path) as spool:
        assert [one.id for _, one in spool.read_letters(after=0, most=9)] == ["r1"]


def test_one_answer_that_fails_does_not_keep_the_others_from_theirs():
    told: list[bool] = []

    def fail(_is_kept):
        raise ValueError

    call_all([(fail, True), (told.append, True)])

    assert told == [True]


def test_a_spool_is_for_its_owner_alone(path):
    Spool(path).close()

    assert path.stat().st_mode & 0o777 == 0o600
