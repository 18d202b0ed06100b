"""The whole examination, in the order in which things depend on one another."""

from collections.abc import Iterator
from datetime import datetime

from device.doctor.agent import ask_agent, see_agent, see_clock, see_fix, see_line, see_stored
from device.doctor.broker import try_broker
from device.doctor.findings import Finding, Grade
from device.doctor.keeping import see_certificates, see_disk, see_outbox, see_plan
from device.doctor.receiver import see_receiver, try_receiver
from device.settings import DeviceSettings
from patrol.errors import InputError
from runtime.broker import BrokerSettings


def examine(
    settings: DeviceSettings, broker: BrokerSettings, *, now: datetime
) -> Iterator[Finding]:
    """Yield what is found of a terminal; `now` is what its clock says.

    A running agent is asked; only where none runs are its port and its broker tried.
    """
    try:
        seen = ask_agent(settings.outbox)
    except InputError as error:
        yield Finding("agent", Grade.BROKEN, str(error))
        seen = None
        is_running = True
    else:
        yield see_agent(seen)
        is_running = seen is not None
    yield see_plan(settings, now)
    if seen is not None:
        yield from see_receiver(seen)
        yield see_fix(seen)
        yield see_clock(seen)
    elif not is_running:
        yield from try_receiver(settings)
    yield see_outbox(settings.outbox, seen)
    yield see_disk(settings.outbox.parent)
    yield from see_certificates(broker, now)
    if seen is not None:
        yield see_line(seen)
        yield see_stored(seen)
    elif not is_running:
        yield try_broker(settings, broker)
