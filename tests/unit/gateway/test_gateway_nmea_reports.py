"""What a stream of NMEA says of places."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.codecs.events import Alive, Event, Happened, Identified, Located, RawFix, Refused
from gateway.codecs.nmea import NmeaCodec, read_query
from gateway.codecs.profile import Profile
from tests.unit.gateway.nmea_lines import EPOCH, FIX, NOW, PLACE, gga, line, only, rmc, said

GST = "GNGST,040506.00,,,,,2.0,2.0,4.0"


def codes(*lines: bytes, strict: bool = False) -> list[str]:
    events = said(*lines, by=NmeaCodec(Profile(strict=strict)))
    return [event.code for event in events if isinstance(event, Refused)]


def test_sentences_of_one_instant_make_one_report() -> None:
    event = only(
        gga(),
        line("GNGSA,A,3,,,,,,,,,,,,,1.5,0.8,1.2"),
        line(GST),
        rmc(),
        line("GPVTG,91.0,T,,M,2.0,N"),
    )

    assert event.fix is not None
    assert event.fix == replace(
        FIX, altitude_m=500.0, satellites=9, hdop=0.9, accuracy_m=event.fix.accuracy_m
    )
    assert event.fix.accuracy_m == pytest.approx(1.515 * 2.0)


def test_errors_that_are_not_told_or_0_are_no_accuracy() -> None:
    for sigmas in (",", "0.0,0.0"):
        fix = only(rmc(), line(f"GNGST,040506.00,,,,,{sigmas},4.0")).fix

        assert fix == FIX


def test_a_report_is_complete_when_the_next_begins() -> None:
    codec = NmeaCodec(Profile())

    assert codec.receive(rmc() + gga(), received_at=NOW) == []
    assert len(codec.receive(rmc("040507.00"), received_at=NOW)) == 1
    assert len(codec.close()) == 1


def test_a_last_line_without_its_end_counts() -> None:
    assert only(rmc().rstrip()).fix == FIX


def test_the_profiles_clock_offset_is_taken_off() -> None:
    by = NmeaCodec(Profile(clock_offset=timedelta(hours=8)))

    assert only(rmc(), by=by).fix == replace(FIX, epoch=EPOCH - timedelta(hours=8))


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ("GPRMC,040506,A,{},0,0,020326,,,A,V", True),
        ("GPRMC,040506,A,{},0,0,020326,,,D", True),
        ("GPRMC,040506,A,{},0,0,020326,,", True),
        ("GPRMC,040506,V,{},0,0,020326,,,N", False),
        ("GPRMC,040506,A,{},0,0,020326,,,E", False),
        ("GPRMC,040506,A,{},0,0,020326,,,S", False),
        ("GPGLL,{},040506,A,A", True),
        ("GPGLL,{},040506,V,N", False),
        ("GPRMA,A,{},,,36.0,90.0,,", True),
        ("PUBX,00,040506,{},500.0,G3,4.1,5.2,0.1,87.4,-0.1,7.0,0.9,1.2,0.9,24,0,0", True),
        ("PUBX,00,040506,{},500.0,NF,4.1,5.2,0.1,87.4,-0.1,7.0,0.9,1.2,0.9,24,0,0", False),
    ],
)
def test_status_and_mode_alone_tell_a_solution(body: str, *, valid: bool) -> None:
    """The navigational status behind the mode is V, "not provided", on good receivers."""
    fix = only(line(body.format(PLACE))).fix

    assert fix is not None
    assert fix.valid is valid


@pytest.mark.parametrize(
    ("quality", "valid"), [(0, False), (1, True), (2, True), (6, False), (8, False)]
)
def test_the_quality_of_gga_tells_a_solution(quality: int, *, valid: bool) -> None:
    fix = only(gga(quality=quality)).fix

    assert fix is not None
    assert fix.valid is valid


def test_gga_refutes_an_rmc_that_has_no_mode() -> None:
    valid = [
        fix.valid
        for mode in (",A", "")
        if (fix := only(rmc(mode=mode), gga(quality=6)).fix) is not None
    ]

    assert valid == [True, False]


def test_a_solution_counts_before_what_another_constellation_lacks() -> None:
    void = line("GLRMC,040506.00,V,,,,,,,020326,,,N")

    for order in ([void, rmc()], [rmc(), void]):
        assert only(*order).fix == FIX


def test_an_instant_without_a_place_is_a_report_without_a_fix() -> None:
    event = only(line("GPRMC,040506.00,V,,,,,,,020326,,,N"))

    assert event.fix is None
    assert event.attributes == {"epoch": EPOCH.isoformat(), "mode": "N"}


def test_a_receiver_that_knows_no_time_reports_when_it_is_heard() -> None:
    void = line("GPRMC,,V,,,,,,,,,,N")

    events = said(void, line("GPGGA,,,,,,0,00,99.9,,,,,,"), void)

    assert [type(event) for event in events] == [Located, Located]
    assert events[0].attributes["epoch"] == NOW.isoformat()  # type: ignore[union-attr] # a report


@pytest.mark.parametrize(
    ("time", "received_at", "epoch"),
    [
        ("235959", datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC), datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)),
        ("000001", datetime(2026, 3, 1, 23, 59, tzinfo=UTC), datetime(2026, 3, 2, 0, 0, 1, tzinfo=UTC)),
        ("120000", datetime(2026, 3, 2, 4, 0, tzinfo=UTC), datetime(2026, 3, 2, 12, 0, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_time_without_a_date_is_the_nearest_to_receipt(
    time: str, received_at: datetime, epoch: datetime
) -> None:
    codec = NmeaCodec(Profile())
    codec.receive(gga(time), received_at=received_at)
    (event,) = codec.close()

    assert isinstance(event, Located)
    assert event.fix is not None
    assert event.fix.epoch == epoch


def test_the_date_of_zda_counts_for_its_second() -> None:
    fix = only(gga(), line("GPZDA,040506.00,02,03,2024,00,00")).fix

    assert fix is not None
    assert fix.epoch == EPOCH.replace(year=2024)


def test_what_has_neither_time_nor_place_begins_no_report() -> None:
    assert said(line("GPVTG,054.7,T,034.4,M,005.5,N,010.2,K,A"), line("GPGSA,A,3,04,,2.5")) == []


def test_what_reports_no_place_makes_no_report() -> None:
    quiet = [
        line(GST),
        line("GPZDA,040507,02,03,2024,,"),
        line("GPZDA,040508,,,,,"),
        line("GPGSV,1,1,0"),
    ]

    assert said(*quiet, line("GPGSA,A,1"), line("PUBX,04,040506")) == []


@pytest.mark.parametrize(("date", "year"), [("011196", 1996), ("020379", 2079), ("020380", 1980)])
def test_years_of_two_digits_belong_to_the_time_of_gps(date: str, year: int) -> None:
    fix = only(rmc(date=date)).fix

    assert fix is not None
    assert fix.epoch.year == year


@pytest.mark.parametrize("date", ["0203-1", "310226", "02032"])
def test_a_date_that_is_none_makes_no_fix(date: str) -> None:
    event = only(rmc(date=date))

    assert event.fix is None
    assert event.attributes["raw_time"] == f"{date} 040506.00"


@pytest.mark.parametrize(
    "body",
    [
        "GPRMC,250506,A,{},0,0,020326,,",
        "GPRMC,040506,A,3030.0,X,10412.0,E,0,0,020326,,",
        "GPRMC,040506,A,9030.0,N,10412.0,E,0,0,020326,,",
        "GPRMC,040506,A,3030.0,N,,,0,0,020326,,",
        "GPRMC,040506,A,3060.0,N,10412.0,E,0,0,020326,,",
        "GPRMC,040506,A,3030.0,N",
        "GPZDA,040506,31,02,2026,,",
        "TRCCR,20261301000000.000,A,60.0,60.0,0,0,0,50,",
        "TRCCR,20260101000000.000,A,x,60.0,0,0,0,50,",
        "TRCCR,20260101000000.000,A,60.0,181.0,0,0,0,50,",
        "FRCMD,0097,_SendMessage,,3030.0,N,10412.0,E,350.0,1.08,0.0,,183522.000,1",
        "ID,350030950116536,4",
        "FRCMD,,_Ping",
        "GPTXT,NET,,A1",
    ],
)
def test_fields_that_cannot_be_read_refuse_the_sentence(body: str) -> None:
    assert codes(line(body.format(PLACE))) == ["malformed"]


def test_other_fields_that_cannot_be_read_are_not_said() -> None:
    fix = only(line(f"GPRMC,040506,A,{PLACE},abc,361.0,020326,,,A")).fix

    assert fix == replace(FIX, speed_mps=None, course_deg=None)


def test_degrees_need_no_leading_zeros() -> None:
    fix = only(line("GPRMC,040506,A,0130.0,S,412.0,W,0,0,020326,,")).fix

    assert fix is not None
    assert (fix.lat_deg, fix.lon_deg) == (-1.5, -4.2)


def test_a_wrong_checksum_is_taken_and_marked_or_strictly_refused() -> None:
    wrong = rmc()[:-4] + b"00\r\n"

    assert only(wrong).attributes["checksum"] is False
    assert codes(wrong, strict=True) == ["checksum"]
    assert codes(rmc()[:-4] + b"zz\r\n", strict=True) == ["checksum"]


def test_a_sentence_needs_no_checksum() -> None:
    assert only(rmc()[:-5] + b"\r\n").attributes == {"mode": "A"}


def test_sentences_may_follow_without_a_line_end() -> None:
    event = only(rmc().rstrip() + gga())

    assert event.fix is not None
    assert event.fix.altitude_m == 500.0


def test_lines_that_hold_nothing_are_refused() -> None:
    assert codes(b"hello\r\n \r\n\n", b"\xb5b\x05\x01\n") == ["no_sentence", "no_sentence"]


def test_a_line_without_end_is_refused_once_and_the_next_is_read() -> None:
    codec = NmeaCodec(Profile())
    events: list[Event] = []
    for _ in range(5):
        events += codec.receive(b"x" * 500, received_at=NOW)
    events += said(b"x\r\n", rmc(), by=codec)

    assert [type(event) for event in events] == [Refused, Located]
    assert codes(b"y" * 1025 + b"\n", rmc()) == ["too_long"]


TRCCR = RawFix(
    epoch=EPOCH,
    lat_deg=30.5,
    lon_deg=-104.2,
    altitude_m=7.0,
    speed_mps=1852 / 3600,
    course_deg=90.0,
)


def test_an_old_phone_sends_decimal_degrees_and_its_battery() -> None:
    event = only(line("TRCCR,20260302040506.250,A,30.5,-104.2,1.0,90.0,7.0,50.5,"))

    assert event.fix == replace(TRCCR, epoch=EPOCH + timedelta(milliseconds=250))
    assert event.battery_pct == 50


def test_an_old_phone_may_leave_out_its_battery() -> None:
    void = only(line("TRCCR,20260302040506.000,V,30.5,-104.2,1.0,90.0,7.0,,"))

    assert void.fix == replace(TRCCR, valid=False)
    assert void.battery_pct is None


def test_gpsgate_sends_positions_as_messages() -> None:
    sent = (
        f"FRCMD,3564,_SendMessage,,{PLACE},500.0,36.0,90.0,020326,040506,1,SosButton=1,voltage=4,x="
    )

    event = only(line(sent))

    assert event.fix == replace(FIX, altitude_m=500.0)
    assert (event.terminal_id, event.alarms) == ("3564", ("sos",))
    assert event.attributes == {"SosButton": "1", "voltage": "4"}


def test_a_message_of_gpsgate_may_have_no_place() -> None:
    event = only(line("FRCMD,3564,_SendMessage,,,,,,,,,020326,040506,0"))

    assert (event.fix, event.alarms) == (None, ())


def test_other_commands_of_gpsgate_are_told() -> None:
    _, ping, other = said(line("FRCMD,86295,_Ping,voltage=4"), line("FRCMD,86295,_Hello,a=1"))

    assert ping == Alive(terminal_id="86295", attributes={"voltage": "4"})
    assert other == Happened(
        terminal_id="86295", kind="command", attributes={"name": "Hello", "a": "1"}
    )


def test_a_line_without_a_dollar_may_be_a_report() -> None:
    event = only(b"QZE,868994033976700,35,02032026,040506,30.5,104.2,0,22,A,1\r\n")

    assert event.fix == replace(FIX, speed_mps=0.0, course_deg=22.0)
    assert event.attributes == {"event": 35, "ignition": True}


@pytest.mark.parametrize(
    ("body", "fix"),
    [
        (
            "ID,3500,4,W,0,IOP,O,0x01,GPSEX,A,D,020326,T,040506,S,9:5,La,30.5,N,Lo,104.2,E,H,90.0,V,36.0,DD,7",
            replace(FIX, satellites=5, speed_mps=10.0),
        ),
        (
            "ID,3500,6,ALARM,0x00004000,GPSET,V,D,020326,T,040506,S,0:0,La,30.5,S,Lo,104.2,W",
            replace(FIX, lat_deg=-30.5, lon_deg=-104.2, satellites=0, valid=False, speed_mps=None, course_deg=None),
        ),
        ("ID,3500,6,GPSET,V", None),
    ],
)  # fmt: skip
def test_named_values_are_read(body: str, fix: RawFix | None) -> None:
    assert only(line(body)).fix == fix


def test_modems_tell_of_themselves() -> None:
    events = said(
        line("GPTXT,NET,1003,A1,-53,232 01"),
        line("GPIOP,01000000,00000000,0.0,0.0,0.0,0.0,4.69,4.24"),
        line("GPTXT,01,01,02,ANTSTATUS=OK"),
    )

    assert [type(event) for event in events] == [Identified, Alive, Alive]
    assert events[1].attributes["mcc"] == 232  # type: ignore[union-attr] # a sign of life
    assert events[2].attributes["battery_v"] == 4.24  # type: ignore[union-attr] # a sign of life


def test_a_modem_puts_its_number_into_a_reserved_field() -> None:
    body = f"PUBX,00,040506,{PLACE},500.0,D3,4.1,5.2,0.1,87.4,-0.1,7.0,0.9,1.2,0.9,24,01012,0"

    event = only(line(body))

    assert event.terminal_id == "01012"
    assert event.fix is not None
    assert (event.fix.accuracy_m, event.fix.satellites) == (4.1, 24)


QUERY = {"id": "999", "gprmc": rmc().decode().rstrip(), "acct": "a"}


def query(**others: str) -> Event:
    (event,) = read_query({**QUERY, **others}, Profile(), received_at=NOW)
    return event


def test_a_sentence_may_come_in_a_query() -> None:
    event = query(alt="160.5", batt="0.5")

    assert event == Located(
        terminal_id="999",
        fix=replace(FIX, altitude_m=160.5),
        battery_pct=50,
        attributes={"acct": "a", "mode": "A"},
    )


@pytest.mark.parametrize(("batt", "pct"), [("", None), ("86", 86), ("900", None)])
def test_a_query_tells_the_battery_as_a_share_or_in_per_cent(batt: str, pct: int | None) -> None:
    event = query(batt=batt)

    assert isinstance(event, Located)
    assert (event.battery_pct, event.fix) == (pct, FIX)


@pytest.mark.parametrize("name", ["id", "gprmc"])
def test_a_query_that_lacks_something_is_refused(name: str) -> None:
    assert isinstance(query(**{name: ""}), Refused)


def test_a_query_with_a_broken_sentence_is_refused() -> None:
    assert isinstance(query(gprmc="$GPRMC,1"), Refused)


def test_a_sentence_that_the_end_of_the_line_cuts_is_no_place() -> None:
    cut = rmc("040507.00")[:30]
    assert codes(rmc(), cut) == ["cut"]


def test_a_sentence_without_checksum_and_end_is_read_where_none_had_one() -> None:
    plain = rmc().partition(b"*")[0]

    assert only(plain).fix == FIX
