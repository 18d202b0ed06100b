"""Who may speak: the register of terminals and what cannot stand in it."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.codecs.profile import SpeedUnit
from gateway.registry import COLUMNS, Registry, append_entry
from patrol.errors import InputError

HEADER = ",".join(COLUMNS) + "\n"


@pytest.fixture
def register(tmp_path):
    """Return the path of a register with one terminal."""
    path = tmp_path / "terminals.csv"
    path.write_text("protocol,identity,terminal_id,model\njt808,013912345678,T01,badge\n")
    return path


def rewrite(register: Path, text: str) -> None:
    """Write the register as if that had been a while ago."""
    register.write_text(text)
    long_ago = 1_700_000_000 + len(text)
    os.utime(register, (long_ago, long_ago))


def test_a_terminal_is_found_by_what_it_calls_itself(register):
    entry = Registry(register).find("jt808", "13912345678")

    assert entry is not None
    assert (entry.terminal_id, entry.model, entry.datum) == ("T01", "badge", "wgs84")


@pytest.mark.parametrize(
    ("protocol", "said"), [("gt06", "13912345678"), ("jt808", "13912345679"), ("jt808", "")]
)
def test_nobody_else_is_found(register, protocol, said):
    assert Registry(register).find(protocol, said) is None


def test_a_line_says_how_a_model_is_to_be_read(tmp_path):
    (tmp_path / "key").write_bytes(b"open sesame\n")
    path = tmp_path / "t.csv"
    path.write_text(
        f"{HEADER}owntracks,ann/phone,T02,phone,8,gcj02,mps,17=low_battery 18=removal,key,yes\n"
    )
    entry = Registry(path).find("owntracks", "ann/phone")

    assert entry is not None
    assert entry.datum == "gcj02"
    assert entry.profile.clock_offset == timedelta(hours=8)
    assert entry.profile.alarm_bits == {17: "low_battery", 18: "removal"}
    assert (entry.profile.speed_unit, entry.profile.strict) == (SpeedUnit.MPS, True)
    assert entry.profile.secret_key == b"open sesame"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("jt808,,T01,,,,,,,", "line 2: identity is empty"),
        ("morse,1,T01,,,,,,,", "protocol 'morse' is not one of"),
        ("jt808,1,a b,,,,,,,", "line 2:"),
        ("jt808,1,T01,,15,,,,,", "clock_offset_h '15' is not a number of hours"),
        ("jt808,1,T01,,soon,,,,,", "clock_offset_h 'soon'"),
        ("jt808,1,T01,,,mars,,,,", "datum 'mars' is not one of wgs84, gcj02, bd09"),
        ("jt808,1,T01,,,,knots,,,", "speed_unit 'knots'"),
        ("jt808,1,T01,,,,,17,,", "alarm_bits has '17'"),
        ("jt808,1,T01,,,,,,nowhere,", "secret_key_file nowhere cannot be read"),
        ("jt808,1,T01,,,,,,,\njt808,01,T02,,,,,,,", "line 3: 1 of jt808 stands twice"),
        ("jt808,1,T01,,,,,,,,,yes", "line 2: it has more fields than the first line"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_the_reason(tmp_path, line, reason):
    path = tmp_path / "t.csv"
    path.write_text(f"{HEADER}{line}\n")

    with pytest.raises(InputError) as refused:
        Registry(path)
    assert reason in str(refused.value)


def test_a_column_that_is_not_known_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("protocol,identity,terminal_id,resident\njt808,1,T01,x\n")

    with pytest.raises(InputError, match="columns that are not known: resident"):
        Registry(path)


def test_a_changed_register_is_read_again_and_a_broken_one_is_not_followed(register):
    registry = Registry(register)
    rewrite(register, "protocol,identity,terminal_id\njt808,2,T02\n")
    assert registry.refresh()
    assert registry.find("jt808", "2") is not None
    assert registry.find("jt808", "13912345678") is None

    rewrite(register, "protocol,identity,terminal_id\nmorse,3,T03\n")
    assert not registry.refresh()
    assert registry.find("jt808", "2") is not None


@pytest.mark.parametrize("text", ["", "protocol,identity\n", "jt808,13912345678,T01\n"])
def test_a_register_that_is_half_written_turns_nobody_out(register, text):
    registry = Registry(register)
    rewrite(register, text)

    assert not registry.refresh()
    assert registry.find("jt808", "13912345678") is not None


def test_a_register_that_somebody_writes_just_now_is_read_when_he_is_done(register):
    registry = Registry(register)
    register.write_text("protocol,identity,terminal_id\njt808,2,T02\n")
    assert not registry.refresh()

    os.utime(register, ns=(0, register.stat().st_mtime_ns - 2_000_000_000))
    assert registry.refresh()
    assert not registry.refresh()


def test_a_terminal_is_admitted_only_if_the_register_stays_usable(register):
    append_entry(register, {"protocol": "gt06", "identity": "123", "terminal_id": "T09"})
    whole = register.read_text()
    with pytest.raises(InputError, match="stands twice"):
        append_entry(register, {"protocol": "gt06", "identity": "123", "terminal_id": "T10"})

    found = Registry(register).find("gt06", "123")
    assert (found and found.terminal_id, register.read_text()) == ("T09", whole)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_register_keeps_its_mode_when_a_terminal_is_admitted(register, mode):
    register.chmod(mode)
    append_entry(register, {"protocol": "gt06", "identity": "123", "terminal_id": "T09"})

    assert register.stat().st_mode & 0o777 == mode


def test_a_register_that_is_made_is_for_its_owner_alone_and_a_link_stays_one(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "t.csv")
    append_entry(tmp_path / "link.csv", {"protocol": "gt06", "identity": "1", "terminal_id": "T9"})

    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "t.csv").stat().st_mode & 0o777 == 0o600
    assert Registry(tmp_path / "t.csv").find("gt06", "1") is not None


def test_two_who_admit_at_once_do_not_undo_one_another(register):
    (register.parent / ".terminals.csv.new").touch()
    with pytest.raises(InputError, match="changed by somebody else"):
        append_entry(register, {"protocol": "gt06", "identity": "1", "terminal_id": "T9"})


@pytest.mark.parametrize("name", ["none/t.csv", "a-file/t.csv"])
def test_a_register_that_cannot_be_written_is_named_with_what_to_do(tmp_path, name):
    (tmp_path / "a-file").touch()
    with pytest.raises(InputError, match=r"t\.csv cannot be changed: .*let this user write"):
        append_entry(tmp_path / name, {"protocol": "gt06", "identity": "1", "terminal_id": "T9"})


def test_what_is_wrong_with_a_line_is_said_of_the_register_and_leaves_nothing_behind(register):
    before = set(register.parent.iterdir())
    with pytest.raises(InputError, match=r"register \S+/terminals\.csv: line 3: protocol"):
        append_entry(register, {"protocol": "morse", "identity": "1", "terminal_id": "T9"})

    assert set(register.parent.iterdir()) == before


def test_a_register_without_a_column_says_so(register):
    with pytest.raises(InputError, match="no column datum"):
        append_entry(
            register,
            {"protocol": "gt06", "identity": "1", "terminal_id": "T9", "datum": "gcj02"},
        )


def test_a_missing_register_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv cannot be read"):
        Registry(tmp_path / "none.csv")
