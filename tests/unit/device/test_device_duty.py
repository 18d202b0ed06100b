"""Duty: which plans are followed, and what holds at a moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from device.duty import Duty, DutyState, Reason
from patrol.errors import InputError
from patrol.fix import epoch_ms
from patrol.ids import TerminalId
from patrol.notices.plans import DutyPlan, Span, Window
from tests.unit.device.terminal import START, plan_of, signed, window, write_key

T01 = TerminalId("T01")
HOUR = timedelta(hours=1)
MORNING = window(START, START + 4 * HOUR)
AFTERNOON = window(START + 5 * HOUR, START + 8 * HOUR)
LUNCH = Span(epoch_ms(START + HOUR), epoch_ms(START + 2 * HOUR))
PLAN = plan_of(MORNING, AFTERNOON, issued=START - HOUR)


@dataclass(frozen=True)
class Settings:
    folder: Path
    plan_key_file: Path
    terminal: TerminalId = T01

    @property
    def plan_file(self) -> Path:
        return self.folder / "state" / "duty-plan"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, write_key(tmp_path))


@pytest.fixture
def duty(settings: Settings) -> Duty:
    made = Duty(settings)
    made.take(signed(PLAN))
    return made


def after(hours: float) -> datetime:
    return START + hours * HOUR


def reason(duty: Duty, hours: float) -> Reason:
    return duty.state(after(hours)).reason


def newer(*windows: Window) -> DutyPlan:
    return plan_of(*windows, issued=START - HOUR / 2)


def test_without_a_plan_nothing_is_tracked(settings: Settings) -> None:
    duty = Duty(settings)

    assert duty.state(START) == DutyState(
        is_on_duty=False, until=None, next_start=None, is_paused=False, reason=Reason.NO_PLAN
    )
    assert not duty.allows(START)


@pytest.mark.parametrize(
    ("hours", "is_on_duty"),
    [(-0.01, False), (0, True), (3.99, True), (4, False), (4.5, False), (5, True), (8, False)],
)
def test_the_windows_of_the_plan_are_half_open(duty: Duty, hours: float, is_on_duty: bool) -> None:  # noqa: FBT001 - from the table
    assert duty.state(after(hours)).is_on_duty == is_on_duty
    assert duty.allows(after(hours)) == is_on_duty


def test_it_is_said_until_when_and_when_next(duty: Duty) -> None:
    state = duty.state(after(1))

    assert (state.until, state.next_start) == (after(4), after(5))
    assert duty.state(after(9)).next_start is None


def test_a_break_of_the_plan_pauses_it(duty: Duty) -> None:
    duty.take(signed(newer(Window(MORNING.span, (LUNCH,)))))

    assert [reason(duty, hours) for hours in (0.5, 1.5, 2.5)] == [
        Reason.ON_DUTY,
        Reason.BREAK,
        Reason.ON_DUTY,
    ]
    assert not duty.allows(after(1.5))


@pytest.mark.parametrize(
    "payload", [b"", b"{}", b"\x78\x9c", signed(PLAN, "T02"), signed(PLAN)[:-2]]
)
def test_what_is_not_signed_for_this_terminal_changes_nothing(duty: Duty, payload: bytes) -> None:
    duty.take(payload)

    assert duty.plan == PLAN


def test_an_older_plan_is_refused_and_the_same_one_is_harmless(duty: Duty) -> None:
    latest = newer(AFTERNOON)
    for plan in (latest, PLAN, latest):
        duty.take(signed(plan))

    assert duty.plan == latest


def test_a_plan_holds_over_restarts(duty: Duty, settings: Settings) -> None:
    assert Duty(settings).plan == duty.plan == PLAN


def test_a_kept_plan_that_was_changed_is_refused(duty: Duty, settings: Settings) -> None:
    assert duty.plan is not None
    forged = signed(newer(MORNING), "T02")
    settings.plan_file.write_bytes(forged)

    assert Duty(settings).plan is None
    assert duty.plan == PLAN


def test_a_plan_that_cannot_be_written_holds_until_the_end(settings: Settings) -> None:
    settings.plan_file.parent.write_text("no folder")
    duty = Duty(settings)
    duty.take(signed(PLAN))

    assert duty.plan == PLAN


def test_the_plan_is_written_whole_and_for_its_owner_alone(duty: Duty, settings: Settings) -> None:
    assert duty.plan == PLAN
    assert [one.name for one in settings.plan_file.parent.iterdir()] == ["duty-plan"]
    assert settings.plan_file.stat().st_mode & 0o777 == 0o600


def test_a_pause_lasts_until_it_is_ended(duty: Duty) -> None:
    paused = duty.pause(after(1))

    assert (paused.is_on_duty, paused.is_paused, paused.reason) == (False, True, Reason.PAUSED)
    assert [duty.allows(after(hours)) for hours in (0.5, 1.5)] == [True, False]
    assert duty.resume(after(2)).is_on_duty
    assert duty.allows(after(3))


def test_a_pause_ends_with_its_window(duty: Duty) -> None:
    duty.pause(after(3))

    assert reason(duty, 3.5) is Reason.PAUSED
    assert reason(duty, 5.5) is Reason.ON_DUTY


def test_off_duty_there_is_nothing_to_pause(duty: Duty) -> None:
    assert not duty.pause(after(4.5)).is_paused
    assert reason(duty, 5) is Reason.ON_DUTY


def test_a_pause_holds_over_restarts_and_in_other_processes(duty: Duty, settings: Settings) -> None:
    other = Duty(settings)
    duty.pause(after(1))
    seen = reason(other, 2)
    other.resume(after(2))

    assert seen is Reason.PAUSED
    assert reason(duty, 2) is Reason.ON_DUTY


@pytest.mark.parametrize("kept", [b"", b"{}", b"[1]", b'["a","b"]'])
def test_a_pause_that_cannot_be_read_is_none(duty: Duty, settings: Settings, kept: bytes) -> None:
    duty.pause(after(1))
    settings.plan_file.with_name("duty-plan.pause").write_bytes(kept)

    assert reason(Duty(settings), 1.5) is Reason.ON_DUTY


def test_a_clock_behind_the_plan_tracks_nothing(settings: Settings) -> None:
    """Its battery is empty: it shows a duty of last week."""
    duty = Duty(settings)
    duty.take(signed(plan_of(MORNING, AFTERNOON, issued=after(6))))

    assert reason(duty, 1) is Reason.CLOCK
    assert not duty.state(after(1)).is_on_duty
    assert reason(duty, 6) is Reason.ON_DUTY


def test_a_server_whose_clock_is_a_little_ahead_is_followed(settings: Settings) -> None:
    duty = Duty(settings)
    duty.take(signed(plan_of(MORNING, issued=after(1) + timedelta(minutes=5))))

    assert duty.state(after(1)).is_on_duty


@pytest.mark.parametrize("key", [None, "", "no key", "é"])
def test_without_its_key_a_terminal_does_not_start(settings: Settings, key: str | None) -> None:
    settings.plan_key_file.unlink()
    if key is not None:
        settings.plan_key_file.write_text(key)

    with pytest.raises(InputError, match="plan_key_file"):
        Duty(settings)


def test_a_key_that_every_user_may_read_is_refused(settings: Settings) -> None:
    settings.plan_key_file.chmod(0o644)

    with pytest.raises(InputError, match="chmod o="):
        Duty(settings)


def test_a_key_for_the_agent_s_group_is_taken(settings: Settings) -> None:
    settings.plan_key_file.chmod(0o640)

    assert Duty(settings).plan is None
