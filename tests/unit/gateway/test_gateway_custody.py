"""What the gateway keeps: numbers that are never used twice, and a disk that takes no more."""

import queue
import shutil

import pytest

from gateway.custody.committer import Committer, Deed, call_all
from gateway.custody.photos import PhotoFolder, Picture
from gateway.custody.relay import runs_of
from gateway.custody.spool import Kept, Letter, Spool
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import Position

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


def test_what_came_is_counted_once_and_from_where_the_last_run_ended(committer, path):
    letter = Letter(T1, "event", "e1", b"{}")
    do(committer, kept=tuple(kept(T1, 10)), letters=(letter, letter))
    assert committer.kept == 2

    again = Committer(path, 1 << 30, PhotoFolder(path, most_bytes=1 << 20))
    again.start()
    again.close()
    assert again.kept == 2


def test_a_full_spool_keeps_nothing_more_until_something_is_stored(path):
    committer = Committer(path, 200_000, PhotoFolder(path, most_bytes=1 << 20))
    committer.start()
    try:
        taken = 0
        while do(committer, kept=tuple(kept(T1, *range(1000)))):
            taken += 1000
        assert taken
        assert not committer.is_writable
        with Spool(path, answers=False) as spool:
            assert spool.count() == (taken, 0)
            spool.begin()
            spool.forget(T1, [(1, taken)])
            spool.commit()

        assert do(committer, kept=tuple(kept(T1, 7)))
        assert committer.is_writable
    finally:
        committer.close()


def test_a_disk_with_little_room_is_left_what_it_takes_to_forget(path):
    committer = Committer(path, 1 << 30, PhotoFolder(path, most_bytes=1 << 20))
    committer.least_free_bytes = 1 << 60
    committer.start()
    try:
        assert not do(committer, kept=tuple(kept(T1, 7)))
        assert not committer.is_writable

        committer.least_free_bytes = 0
        assert do(committer, kept=tuple(kept(T1, 7)))
    finally:
        committer.close()


def test_what_was_forgotten_is_room_again_for_what_comes(path):
    with Spool(path) as spool:
        put(spool, *kept(T1, *range(5_000)))
        log = path.with_name(f"{path.name}-wal")
        grown = log.stat().st_size
        spool.begin()
        spool.forget(T1, [(1, 5_000)])
        spool.commit()
        spool.make_room()

        assert grown > 0 == log.stat().st_size
        # The file is no smaller, and takes as much again.
        assert spool._pages("freelist_count") > path.stat().st_size // 2


def test_a_spool_that_was_deleted_is_not_answered_for(committer, path):
    assert do(committer, kept=tuple(kept(T1, 7)))
    path.unlink()

    assert not do(committer, kept=tuple(kept(T1, 8)))


def test_strangers_are_counted_by_what_they_call_themselves(committer, path):
    for at in ("2026-03-02T04:00:00+00:00", "2026-03-02T04:00:05+00:00"):
        do(committer, strangers=(("jt808", "139", "127.0.0.1", at),))

    with Spool(path) as spool:
        assert [(one.identity, one.times, one.last_at[-8:-6]) for one in spool.strangers()] == [
            ("139", 2, "05")
        ]


def test_a_picture_is_on_disk_when_it_is_told_and_one_too_many_is_not_kept(committer, path):
    whole, more = Picture(T1, "a" * 64, b"x" * 900_000), Picture(T2, "b" * 64, b"y" * 900_000)

    assert do(committer, pictures=(whole,), letters=(Letter(T1, "report", "r1", b"{}"),))
    assert not do(committer, pictures=(more,), letters=(Letter(T1, "report", "r2", b"{}"),))
    # Nobody else is refused for it.
    assert committer.is_writable
    assert do(committer, kept=tuple(kept(T2, 10)))

    folder = path.with_name("s-photos")
    assert [one.name for one in folder.iterdir()] == [T1]
    assert (folder / T1 / whole.sha256).read_bytes() == whole.data
    with Spool(path) as spool:
        assert [one.id for _, one in spool.read_letters(after=0, most=9)] == ["r1"]


def test_photos_are_counted_when_there_may_be_no_room_and_not_for_each(path):
    folder = PhotoFolder(path, most_bytes=1_000)
    counts: list[int] = []
    count = folder.size_bytes
    folder.size_bytes = lambda: counts.append(count()) or counts[-1]  # type: ignore[method-assign] # counted
    names = [f"{number:064x}" for number in range(12)]
    for name in names[:10]:
        folder.put(Picture(T1, name, b"x" * 100))
    assert counts == [0]

    for name in names[:5]:
        folder.forget(f"{T1}/{name}")
    folder._counted_s -= 10.0
    folder.put(Picture(T1, names[10], b"x" * 500))
    assert counts == [0, 500]
    with pytest.raises(OSError, match="1000 bytes of photos wait"):
        folder.put(Picture(T1, names[11], b"x"))


def test_photos_leave_the_disk_what_the_spool_needs_to_empty_itself(path):
    total_bytes = shutil.disk_usage(path.parents[1]).total
    folder = PhotoFolder(path, most_bytes=1_000, least_free_bytes=total_bytes)

    with pytest.raises(OSError, match=r"the disk has \d+ MiB left: free space"):
        folder.put(Picture(T1, "0" * 64, b"x"))

    assert folder.names() == []


def test_one_answer_that_fails_does_not_keep_the_others_from_theirs():
    told: list[bool] = []

    def fail(_is_kept):
        raise ValueError

    call_all([(fail, True), (told.append, True)])

    assert told == [True]


def test_a_spool_is_for_its_owner_alone(path):
    Spool(path).close()

    assert path.stat().st_mode & 0o777 == 0o600


def test_who_tries_names_does_not_fill_the_disk(path):
    with Spool(path) as spool:
        for begin in range(0, 12_500, 500):
            spool.begin()
            spool.note_strangers(
                ("jt808", str(name), "127.0.0.1", f"{name:06}")
                for name in range(begin, begin + 500)
            )
            spool.commit()
        names = [one.identity for one in spool.strangers()]

    # They are looked through now and then, and the newest ones stay.
    assert names[0] == "12499"
    assert 10_000 <= len(names) <= 11_500


def test_strangers_of_a_spool_that_is_opened_for_a_moment_are_looked_through_as_well(path):
    for begin in range(0, 11_000, 1_000):
        with Spool(path) as spool:
            spool.begin()
            spool.note_strangers(
                ("jt808", str(name), "127.0.0.1", f"{name:06}")
                for name in range(begin, begin + 1_000)
            )
            spool.commit()
            names = len(spool.strangers())

    assert names == 10_000
