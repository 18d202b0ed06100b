"""Whether the broker can be reached and lets this terminal in, tried where no agent does."""

import time

from device.doctor.agent import see_line
from device.doctor.findings import Finding, Grade
from device.settings import DeviceSettings
from patrol.errors import InputError
from runtime.broker import BrokerSettings
from runtime.lines import LineState
from runtime.mqtt import Manner, Session

_PATIENCE_S = 8.0
_TURN_S = 0.05


def try_broker(settings: DeviceSettings, broker: BrokerSettings) -> Finding:
    """Connect under another client id than the agent's, and say what came of it."""
    try:
        session = Session(broker, Manner(client_id=f"doctor-{settings.terminal}"))
    except InputError as error:
        return Finding("broker", Grade.BROKEN, str(error))
    session.start()
    try:
        until_s = time.monotonic() + _PATIENCE_S
        while session.health.state is LineState.CONNECTING and time.monotonic() < until_s:
            time.sleep(_TURN_S)
        health = session.health
    finally:
        session.stop()
    if health.state is LineState.CONNECTED:
        return Finding("broker", Grade.OK, f"{broker.host}:{broker.port} let us in")
    if health.state is LineState.CONNECTING:
        text = f"{broker.host}:{broker.port} did not answer within {_PATIENCE_S:.0f} s"
        return Finding("broker", Grade.BROKEN, text, "see that the network lets this port through")
    return see_line({"line": {"state": str(health.state), "reason": health.reason}})
