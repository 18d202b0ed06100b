"""Where a command finds out where and when it is: at the running agent, or in the outbox."""

from datetime import datetime

from device.acts.here import Here, fix_before
from device.doctor.agent import ask_agent
from device.duty import Duty
from device.outbox import Outbox
from device.settings import DeviceSettings
from patrol.errors import InputError
from patrol.fix import epoch_of
from patrol.messages import Position
from patrol.notices.lastfix import decode_last_fix
from runtime.clock import chosen_clock

_PATH = "/api/here"


def ask_here(settings: DeviceSettings) -> Here:
    """Return what the running agent knows now; where none runs, what waits in the outbox tells.

    Raises InputError when the agent, the outbox or the key of plans cannot be used.
    """
    duty = Duty(settings)
    said = ask_agent(settings.outbox, path=_PATH)
    if said is None:
        at = chosen_clock()()
        state = duty.state(at)
        return Here(at, _newest_fix(settings, at) if state.is_on_duty else None, state)
    try:
        at_ms = int(said["now"])
        at = epoch_of(at_ms)
        return Here(at, decode_last_fix(said, at_ms=at_ms), duty.state(at))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            "the running agent does not say where it is: start it anew, it is of an older version"
        ) from error


def _newest_fix(settings: DeviceSettings, at: datetime) -> Position | None:
    with Outbox(settings.outbox) as outbox:
        newest = outbox.newest()
        batch = outbox.read(after=newest - 1, most=1, until=newest) if newest else None
    return None if batch is None else fix_before(batch.positions[-1], at)
