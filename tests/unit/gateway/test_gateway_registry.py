"""Who may speak: the register of terminals and what cannot stand in it."""

from datetime import timedelta

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
    register.write_text("protocol,identity,terminal_id\njt808,2,T02\n")
    registry.refresh()
    assert registry.find("jt808", "2") is not None
    assert registry.find("jt808", "13912345678") is None

    register.write_text("protocol,identity,terminal_id\nmorse,3,T03\n")
    registry.refresh()
    assert registry.find("jt808", "2") is not None


def test_a_terminal_is_admitted_only_if_the_register_stays_usable(register):
    append_entry(register, {"protocol": "gt06", "identity": "123", "terminal_id": "T09"})
    whole = register.read_text()
    with pytest.raises(InputError, match="stands twice"):
        append_entry(register, {"protocol": "gt06", "identity": "123", "terminal_id": "T10"})

    found = Registry(register).find("gt06", "123")
    assert (found and found.terminal_id, register.read_text()) == ("T09", whole)


def test_a_register_without_a_column_says_so(register):
    with pytest.raises(InputError, match="no column datum"):
        append_entry(
            register,
            {"protocol": "gt06", "identity": "1", "terminal_id": "T9", "datum": "gcj02"},
        )


def test_a_missing_register_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv cannot be read"):
        Registry(tmp_path / "none.csv")
