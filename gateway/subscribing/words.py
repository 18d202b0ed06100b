"""A command in the words of phones. Pure."""

import json

from gateway.codecs.owntracks import commands
from gateway.serving.orders import Order, seconds_of
from patrol.errors import InputError


def encode_phone_order(what: Order, argument: str) -> bytes:
    """Return the message for a phone; raises InputError where there is no such word."""
    match what:
        case Order.LOCATE:
            return commands.command(commands.REPORT_LOCATION)
        case Order.DUMP:
            return commands.command(commands.DUMP)
        case Order.INTERVAL:
            seconds = seconds_of(argument)
            # The names of Android and of iOS.
            settings = {"moveModeLocatorInterval": seconds, "locatorInterval": seconds}
            return commands.set_configuration(json.dumps(settings))
        case Order.WAYPOINTS:
            return commands.set_waypoints(argument)
        case Order.CONFIGURATION:
            return commands.set_configuration(argument)
        case Order.PHOTO | Order.TEXT:
            raise InputError(f"OwnTracks cannot do {what}")
