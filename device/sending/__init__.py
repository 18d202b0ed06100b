"""From the outbox to the server, and out of the outbox when the server has it."""

from device.sending.calls import Calls
from device.sending.sender import Sender, SenderState

__all__ = ["Calls", "Sender", "SenderState"]
