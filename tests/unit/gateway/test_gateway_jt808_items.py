"""Items behind a location: the specification's, makers', wrong ones and unknown ones."""

import pytest

from gateway.codecs.events import Located
from tests.unit.gateway.jt808_frames import first, frame, location


def located(items: str) -> Located:
    return first(Located, frame(0x0200, location(items)))


def told(items: str) -> dict:
    """Return what items add to the attributes of every location."""
    plain = located("").attributes
    return {name: value for name, value in located(items).attributes.items() if name not in plain}


SAID = [
    ("010400000123", {"odometer_m": 29_100}),
    ("02020064", {"fuel_l": 10.0}),
    ("02028032", {"fuel_pct": 50}),
    ("0302012c", {"recorder_speed_kmh": 30.0}),
    ("0402000a", {"alarm_event_id": 10}),
    ("25040000002a", {"vehicle_signal_bits": 42}),
    ("2a020003", {"io_bits": 3}),
    ("2b0400640065", {"analog": [100, 101]}),
    ("300114", {"signal": 20}),
    ("330101", {"mode": 1}),
    ("3311" + b"*M00,45,1138600Ro".hex(), {"lock": "*M00,45,1138600Ro", "battery_v": 3.86}),
    ("330a" + b"*M00,45,11".hex(), {"lock": "*M00,45,11"}),
    ("51020123", {"temperature_1_c": 29.1}),
    ("5110" + "8017ffff" * 4, {f"temperature_{n}_c": -2.3 for n in (1, 3, 5, 7)}),
    ("530901027f0300456f073e", {"cells": [(0x27F, 3, 0x45, 0x6F07, 0x3E)]}),
    ("530b0101cc00262600000ff113", {"cells": [(0x1CC, 0, 0x2626, 0xFF1, 0x13)]}),
    ("53090100000000000000ff", {}),
    ("540701" + "000000000000", {"item_54": "01000000000000"}),
    ("540801" + "00000000000000", {}),
    ("540801aabbcc001122bd", {"wifi": [("aa:bb:cc:00:11:22", -67)]}),
    ("600400050102", {"event": 5, "item_60": "00050102"}),
    ("60020005", {"event": 5}),
    ("610204b0", {"power_v": 12.0}),
    (
        "630b0123456789abf9fa0fc6310000",
        {"locks": [{"id": "0123456789ab", "battery_v": 63.994, "sealed": False}]},
    ),
    ("69020193", {"battery_v": 4.03}),
    ("7006000000010100", {"item_70": "000000010100"}),
    ("7114" + b"89860498119021013818".hex(), {"iccid": "89860498119021013818"}),
    (
        "7708017e19f100386400",
        {"tyres": [{"tyre": 1, "sensor": "7e19f1", "pressure_bar": 1.4, "temperature_c": 50}]},
    ),
    ("84014b", {"coolant_c": 35}),
    ("d00400000001", {"user_bits": 1}),
    ("da0300000d", {"string": True, "motion": True, "cover": True}),
    ("e1020075", {"power_v": 11.7}),
    (
        "e10c010c000600bbe4001ada2900",
        {"cells": [(0x10C, 6, 0xBBE4, 0x1ADA29, 0)]},
    ),
    ("e2040000000a", {"fuel_l": 1.0}),
    ("e501" + "01", {"motion": True}),
    (
        "e60b" + "01" + "aabbcc001122" + "ee18" + "1980",
        {"temperature_1_c": -18 - 24 / 255, "humidity_1_pct": 25 + 128 / 255},
    ),
    ("e60b" + b"$OBD-RT,,55".hex(), {"obd": "$OBD-RT,,55"}),
    ("e8030e83ab", {"lock_status": 0x0E83AB}),
    ("e80420030701", {"item_e8": "20030701"}),
    ("e807200504000201" + "01", {"item_e8_0002": "01"}),
    ("ea0703130200c80200", {"illuminance": 200}),
    ("ea0403020105", {"inner_0002": "05"}),
    ("ea0c0313090102030405060708" + "09", {"inner_0013": "010203040506070809"}),
    ("eb0d01cc0000000000ff253510262f", {"cells": [(0x1CC, 0, 0x2535, 0x1026, 0x2F)]}),
    ("eb0801cc00253510262f", {"cells": [(0x1CC, 0, 0x2535, 0x1026, 0x2F)]}),
    ("eb09" + b"UTC+08:00".hex(), {"timezone": "UTC+08:00"}),
    ("ec07aabbcc001122bd", {"wifi": [("aa:bb:cc:00:11:22", -67)]}),
    ("ec0700000000000000", {}),
    ("ed04" + b"CARD".hex(), {"card": "CARD"}),
    ("ee06142ee00fa00b", {"signal": 20, "power_v": 12.0, "battery_v": 4.0}),
    ("ee0a01cc01262c009a674300", {"cells": [(0x1CC, 1, 0x262C, 0x9A6743, 0)]}),
    (
        "f00d01cc0000085118aa0000550ba2",
        {"cells": [(0x1CC, 0, 0x550B, 0x85118AA, 0xA2)]},
    ),
    ("f10400002ee0", {"power_v": 12.0}),
    ("f114" + b"89860498119021013818".hex(), {"iccid": "89860498119021013818"}),
    ("f30500030204b0", {"rpm": 1200}),
    ("f30400aa0105", {"inner_00aa": "05"}),
    ("f3030003" + "00", {}),
    ("f4020010", {"extended_alarm_bits": "0010"}),
    ("f5020064", {"illuminance": 100}),
    ("f6080867567041100769", {"imei": "867567041100769"}),
    ("f6084008fffffffd0009", {"event": 64, "acceleration": [-1, -3, 9]}),
    ("f6051e01ff9400", {"item_f6": "1e01ff9400"}),
    ("f6031e0201", {"item_f6": "1e0201"}),
    ("f702015e", {"humidity_pct": 35.0}),
    ("f70400000fa0", {"battery_v": 4.0}),
    ("f70500000fa002", {"battery_v": 4.0, "charging": True}),
    (
        "f813" + "04" + "0865413057160185" + "89553202100062282617",
        {"imei": "865413057160185", "iccid": "89553202100062282617"},
    ),
    ("f80104", {"item_f8": "04"}),
    ("f9080044" + "000c" + "00fa00000000"[:8], {"item_f9": "0044000c00fa0000"}),
    ("f90a0044000c00fa00000000", {"temperature_3_c": 25.0}),
    ("f906000100000007", {}),
    ("f9028000", {"item_f9": "8000"}),
    ("fb02" + b"C1".hex(), {"container": "C1"}),
    ("fc0105", {"geofence": 5}),
    ("fe020078", {"power_v": 12.0}),
    ("fe0400000090", {"odometer_m": 144}),
    ("fe037c0200", {}),
    ("fe03010203", {"item_fe": "010203"}),
    ("ff0c01cc0000000026940000" + "55d8", {"cells": [(0x1CC, 0, 0x2694, 0x55D8)]}),
]


def expected(said: dict) -> dict:
    names = ("mcc", "mnc", "lac", "cell", "signal")
    if "cells" in said:
        said = said | {"cells": [dict(zip(names, cell, strict=False)) for cell in said["cells"]]}
    if "wifi" in said:
        said = said | {"wifi": [{"mac": mac, "signal_dbm": dbm} for mac, dbm in said["wifi"]]}
    return said


@pytest.mark.parametrize(("items", "said"), SAID)
def test_items_are_told_by_name(items: str, said: dict) -> None:
    assert told(items) == expected(said)


EXTENSIONS = [
    ("0001", "037700", {"fuel_1": 88.7}),
    ("0023", b"001.47".hex(), {"fuel_2": "001.47"}),
    ("0024", b"460;00;10369;48488910".hex(), {"cells": [(460, 0, 10369, 48488910)]}),
    ("0024", b"460;x".hex(), {"item_eb_0024": b"460;x".hex()}),
    ("002d", "0fa5", {"battery_v": 4.005}),
    ("002d", "00002db4", {"power_v": 11.7}),
    ("002d", "00", {"item_eb_002d": "00"}),
    ("0030", "14", {"signal": 20}),
    ("0031", "", {"item_eb_0031": ""}),
    ("0089", "ffffffff", {}),
    ("0089", "ff", {"item_eb_0089": "ff"}),
    ("00b2", "8950604201407522798f", {"iccid": "8950604201407522798"}),
    (
        "00b9",
        "02" + b"54:B1:21:66:C9:E2,-50,54:B1:21:66:C9:E0,-51".hex(),
        {"wifi": [("54:b1:21:66:c9:e2", -50), ("54:b1:21:66:c9:e0", -51)]},
    ),
    ("00b9", "01" + b"54:B1,x".hex(), {"item_eb_00b9": "01" + b"54:B1,x".hex()}),
    ("00c5", "ffffffff", {}),
    ("00c5", "fe7fffff", {"motion": True}),
    ("00c5", "feffffff", {"motion": False}),
    ("00c5", "ff", {"item_eb_00c5": "ff"}),
    ("00c6", "", {"item_eb_00c6": ""}),
    ("00c6", "01", {}),
    ("00a8", "0102", {"item_eb_00a8": "0102"}),
    ("00ce", "1d46", {"power_v": 74.94}),
    ("00d5", b"867".hex(), {"imei": "867"}),
    ("00d8", "01cc0012881002e9600e", {"cells": [(0x1CC, 0, 0x1288, 0x1002E960)]}),
    ("00d8", "01cc", {"item_eb_00d8": "01cc"}),
    ("00fb", b"898602".hex(), {"iccid": "898602"}),
    ("0fff", "01", {"item_eb_0fff": "01"}),
]


@pytest.mark.parametrize(("kind", "value", "said"), EXTENSIONS)
def test_inner_items_of_the_extension_are_told(kind: str, value: str, said: dict) -> None:
    inner = f"{2 + len(value) // 2:04x}{kind}{value}"

    assert told(f"eb{len(inner) // 2:02x}{inner}") == expected(said)


def test_an_extension_that_only_looks_like_cells_is_read_as_items() -> None:
    assert told("eb0401cc0001") == {"item_eb_0001": ""}


def test_an_extension_whose_lengths_are_nothing_ends() -> None:
    assert told("eb080000000100000002") == {"item_eb_0001": "", "item_eb_0002": ""}


@pytest.mark.parametrize(
    ("items", "pct"),
    [
        ("060155", 85),
        ("0601ff", None),
        ("56020900", 90),
        ("56020a62", 98),
        ("56020acd", 100),
        ("560155", 85),
        ("68020fa0", 40),
        ("d40164", 100),
        ("e1012d", 45),
        ("e901ff", None),
        ("e3060064019a0000", 100),
        ("e4020063", 99),
        ("e4020163", 99),
        ("f70600000e870246", 70),
        ("fe0145", 69),
        ("eb05000300a85c", 92),
        ("eb05000300e164", 100),
        ("e80920050001020fa0" + "00", None),
        ("e8072005000003" + "0150"[:4], 80),
    ],
)
def test_the_battery_has_one_place_for_all_makers(items: str, pct: int | None) -> None:
    assert located(items).battery_pct == pct


@pytest.mark.parametrize("items", ["e4020063", "d401ff", "f70600000e870246"])
def test_charging_is_told(items: str) -> None:
    assert located(items).attributes["charging"] is True


def test_the_state_of_power_of_cameras_is_told() -> None:
    report = located("e80a20030701" + "05019f030190")

    assert report.battery_pct == 83
    assert report.attributes["battery_v"] == 4.15
    assert report.attributes["power_v"] == 4.0
    assert located("e80a20030701" + "07019f030190").battery_pct is None


@pytest.mark.parametrize(
    ("items", "alarms"),
    [
        ("57080700000000000000", ("acceleration", "braking", "cornering")),
        ("70060000000102", ()),
        ("700600000001" + "0202", ("braking",)),
        ("d00400000008", ("vibration",)),
        ("e7080003000000000000", ("vibration", "sos")),
        ("e7080000000000000000", ()),
        ("e8020c01", ("sos",)),
        ("f402001f", ("acceleration", "braking", "cornering", "collision")),
        ("fe077c010400000012", ("braking", "tampering")),
        ("fe047c010111", ()),
        ("eb0800060089ffffeffe", ("power_off", "removal")),
        ("eb08000600c5ffffffbf", ("vibration",)),
        ("eb05000300c603", ("low_battery",)),
    ],
)
def test_alarms_in_items_are_told(items: str, alarms: tuple[str, ...]) -> None:
    assert located(items).alarms == alarms


@pytest.mark.parametrize(
    ("items", "satellites"),
    [("31010c", 12), ("ee060000000000" + "07", 7), ("eb0500030031" + "0b", 11)],
)
def test_satellites_belong_to_the_fix(items: str, satellites: int) -> None:
    fix = located(items).fix

    assert fix is not None
    assert fix.satellites == satellites


@pytest.mark.parametrize(("items", "hdop"), [("f9040004000c", 1.2), ("f90400040000", None)])
def test_the_dilution_belongs_to_the_fix(items: str, hdop: float | None) -> None:
    fix = located(items).fix

    assert fix is not None
    assert fix.hdop == hdop


WRONG_LENGTHS = ["02", "06", "2b", "33", "51", "53", "54", "57", "63", "70", "71", "77", "84"]
WRONG_LENGTHS += ["d0", "d4", "da", "e1", "e4", "e5", "e6", "e7", "ec", "ee", "f0", "f4"]
WRONG_LENGTHS += ["01", "30", "31", "68", "e8", "f6", "f8", "ff"]


@pytest.mark.parametrize("kind", WRONG_LENGTHS)
def test_an_item_of_another_length_is_kept_and_the_next_is_read(kind: str) -> None:
    value = "0007090000"

    assert told(f"{kind}05{value}300114") == {f"item_{kind}": value, "signal": 20}


@pytest.mark.parametrize("kind", ["60", "e3", "f7", "f1", "cc"])
def test_an_item_too_short_for_its_number_is_kept(kind: str) -> None:
    assert told(f"{kind}0107300114") == {f"item_{kind}": "07", "signal": 20}


@pytest.mark.parametrize("kind", ["56", "8b", "ea", "eb", "f3", "fe", "e6", "ec", "63", "bc"])
def test_an_empty_item_is_kept_as_empty(kind: str) -> None:
    assert told(f"{kind}00300114")["signal"] == 20


def test_an_item_nobody_knows_is_kept_in_hex() -> None:
    assert told("9a0201029b00") == {"item_9a": "0102", "item_9b": ""}


def test_an_item_longer_than_the_message_is_kept_and_marked() -> None:
    assert told("3001143008aabb") == {"signal": 20, "items_cut": True, "item_30": "aabb"}


def test_padding_behind_the_items_is_nothing() -> None:
    assert told("300114" + "00" * 9) == {"signal": 20}
