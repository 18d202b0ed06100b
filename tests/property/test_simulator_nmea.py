"""Every sentence can be read by somebody else, and says what was meant."""

from datetime import UTC, datetime
from functools import reduce
from operator import xor

import numpy as np
import pynmea2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.fix import epoch_of
from simulator.nmea import MODELS, Manner, Solutions, encode

FIRST_MS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000)
LAST_MS = int(datetime(2099, 12, 31, tzinfo=UTC).timestamp() * 1000)
# A half of the last digit of minutes, in degrees, and a little for the division.
HALF_DIGIT_DEG = {4: 0.5e-4 / 60 + 1e-9, 5: 0.5e-5 / 60 + 1e-9}

COLUMNS = {
    "epoch_ms": st.integers(FIRST_MS // 1000, LAST_MS // 1000).map(lambda s: s * 1000),
    "lat_e7": st.integers(-900_000_000, 900_000_000),
    "lon_e7": st.integers(-1_800_000_000, 1_800_000_000),
    "altitude_dm": st.integers(-5000, 90_000),
    "speed_cmps": st.integers(0, 5000),
    "course_ddeg": st.integers(0, 3599),
    "hdop_c": st.integers(30, 2000),
    "accuracy_dm": st.integers(1, 9999),
    "satellites": st.integers(4, 20),
}


@st.composite
def solutions(draw: st.DrawFn) -> Solutions:
    rows = draw(st.lists(st.fixed_dictionaries(COLUMNS), min_size=1, max_size=5))
    columns = {name: np.array([row[name] for row in rows]) for name in COLUMNS}
    return Solutions(solved=np.array([draw(st.booleans()) for _ in rows]), **columns)


def sentences(what: Solutions, manner: Manner) -> list[str]:
    return b"".join(encode(what, manner)).decode("ascii").splitlines(keepends=True)


models = pytest.mark.parametrize("model", MODELS)


@models
@given(what=solutions())
def test_every_checksum_is_right(model, what):
    for line in sentences(what, MODELS[model]):
        body, _, digits = line.strip("$\r\n").partition("*")
        assert int(digits, 16) == reduce(xor, body.encode())


@models
@given(what=solutions())
def test_every_sentence_can_be_read(model, what):
    for line in sentences(what, MODELS[model]):
        assert line.endswith("\r\n")
        assert pynmea2.parse(line, check=True).sentence_type in MODELS[model].order


@models
@given(what=solutions())
def test_rmc_comes_back_as_it_was(model, what):
    manner = MODELS[model]
    read = [pynmea2.parse(line) for line in sentences(what, manner) if line[3:6] == "RMC"]
    for index, rmc in enumerate(read):
        assert rmc.status == ("A" if what.solved[index] else "V")
        assert rmc.datetime.replace(tzinfo=UTC) == expected_epoch(what, index)
        if what.solved[index]:
            assert_place(rmc, what, index, manner)
            assert rmc.spd_over_grnd == pytest.approx(
                what.speed_cmps[index] * 0.0194384449, abs=6e-4
            )


@models
@given(what=solutions())
def test_gga_comes_back_as_it_was(model, what):
    manner = MODELS[model]
    read = [pynmea2.parse(line) for line in sentences(what, manner) if line[3:6] == "GGA"]
    for index, gga in enumerate(read):
        assert gga.gps_qual == int(what.solved[index])
        if what.solved[index]:
            assert_place(gga, what, index, manner)
            assert int(gga.num_sats) == what.satellites[index]
            assert float(gga.horizontal_dil) == what.hdop_c[index] / 100
            assert float(gga.altitude) == what.altitude_dm[index] / 10


@given(what=solutions())
def test_gst_tells_an_accuracy_that_comes_back_as_it_was(what):
    manner = MODELS["multi-v411"]
    read = [pynmea2.parse(line) for line in sentences(what, manner) if line[3:6] == "GST"]
    for index, gst in enumerate(read):
        if what.solved[index]:
            accuracy_m = 1.515 * gst.std_dev_latitude
            assert accuracy_m == pytest.approx(what.accuracy_dm[index] / 10, abs=0.008)


def expected_epoch(what: Solutions, index: int) -> datetime:
    epoch = epoch_of(int(what.epoch_ms[index]))
    # Two digits of the year have no century; the reader takes the one of 1970 to 2069.
    return epoch if epoch.year <= 2068 else epoch.replace(year=epoch.year - 100)


def assert_place(read: pynmea2.NMEASentence, what: Solutions, index: int, manner: Manner) -> None:
    half_deg = HALF_DIGIT_DEG[manner.minute_digits]
    assert abs(read.latitude - what.lat_e7[index] / 1e7) <= half_deg
    assert abs(read.longitude - what.lon_e7[index] / 1e7) <= half_deg
