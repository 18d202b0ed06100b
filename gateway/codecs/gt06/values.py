"""Single values: counters, voltages, flags, texts."""

from gateway.codecs.gt06.fields import Fields, Part, Report

_SIGN = 0x8000
_SMALL_SIGN = 0x80
_PROBE_MODE = 4


def value_of(name: str, size: int = 1, *, scale: float = 1, is_signed: bool = False) -> Part:
    """Return the part that reads a number of `size` bytes, times `scale`."""

    def read(fields: Fields, report: Report) -> None:
        number = fields.signed(size) if is_signed else fields.number(size)
        # A thousandth is finer than anything that terminals measure.
        report.attributes[name] = number if scale == 1 else round(number * scale, 3)

    return read


def flag_of(name: str) -> Part:
    """Return the part that reads a byte that is 0 for no."""

    def read(fields: Fields, report: Report) -> None:
        report.attributes[name] = fields.number(1) > 0

    return read


def hex_of(name: str, size: int) -> Part:
    """Return the part that keeps `size` bytes in hex, unless they are all 0."""

    def read(fields: Fields, report: Report) -> None:
        raw = fields.take(size)
        if any(raw):
            report.attributes[name] = raw.hex()

    return read


def digits_of(name: str, size: int) -> Part:
    """Return the part that reads digits, padded with 0 before or f behind."""

    def read(fields: Fields, report: Report) -> None:
        report.attributes[name] = fields.take(size).hex().rstrip("f").lstrip("0")

    return read


def text_of(name: str, size: int | None = None) -> Part:
    """Return the part that reads a text of `size` bytes, or behind a byte that says its size."""

    def read(fields: Fields, report: Report) -> None:
        report.attributes[name] = fields.text(fields.number(1) if size is None else size)

    return read


def skip(size: int) -> Part:
    """Return the part that passes over `size` bytes without a meaning."""

    def read(fields: Fields, _report: Report) -> None:
        fields.take(size)

    return read


def read_late(fields: Fields, report: Report) -> None:
    """Whether the terminal kept the report for want of a line."""
    report.late = fields.number(1) > 0


def read_odometer(fields: Fields, report: Report) -> None:
    """Read the way so far in m, where it stands at the end."""
    if fields.left >= 4:  # noqa: PLR2004 - the size of the field
        report.attributes["odometer_m"] = fields.number(4)


def read_signed_magnitude(fields: Fields, report: Report) -> None:
    """Read a temperature in one byte whose highest bit is its sign."""
    value = fields.number(1)
    report.attributes["temperature_c"] = _SMALL_SIGN - value if value & _SMALL_SIGN else value


def read_temperature(fields: Fields, report: Report) -> None:
    """Read a temperature in 0.01 degrees, whose highest bit is its sign."""
    value = fields.number(2)
    report.attributes["temperature_c"] = (_SIGN - value if value & _SIGN else value) / 100


def read_probe(fields: Fields, report: Report) -> None:
    """Read a temperature in 0.1 degrees, whose highest bit is set above zero."""
    value = fields.number(2)
    report.attributes["temperature_c"] = (value - _SIGN if value & _SIGN else -value) / 10


# Ignition, reason of the report, and whether it is late: what follows a place in many frames.
UPLOAD: tuple[Part, ...] = (flag_of("ignition"), value_of("reason"), read_late)


def read_upload(fields: Fields, report: Report) -> None:
    """Read ignition, reason and lateness, where at least three bytes are left."""
    if fields.left >= len(UPLOAD):
        ignition, report.attributes["reason"], late = fields.take(len(UPLOAD))
        report.attributes["ignition"] = ignition > 0
        report.late = late > 0


def read_analog_inputs(fields: Fields, report: Report) -> None:
    """Read a word of ports, one byte of inputs and one of outputs, and the voltages that it counts."""
    word = fields.number(4)
    report.attributes["port_word"] = word
    report.attributes["inputs"] = fields.number(1)
    report.attributes["outputs"] = fields.number(1)
    report.attributes["analog_v"] = [fields.number(2) / 100 for _ in range(word >> 20 & 0x0F)]


def read_signed_probe(fields: Fields, report: Report) -> None:
    """Read a temperature in 0.1 degrees, which is there in one mode of work alone."""
    value = fields.signed(2)
    if report.attributes.get("mode") == _PROBE_MODE:
        report.attributes["temperature_c"] = value / 10


def read_ports(fields: Fields, report: Report) -> None:
    """Read ignition, an input, and a temperature or a voltage that shares their word."""
    word = fields.number(2)
    report.attributes["port_word"] = word
    report.attributes["ignition"] = word & 0x8000 != 0
    report.attributes["input_2"] = word & 0x4000 != 0
    if word & 0x1000:
        value = word & 0x01FF
        report.attributes["temperature_c"] = -value if word & 0x0200 else value


def read_driver(fields: Fields, report: Report) -> None:
    """Read a driver's key behind its length and type."""
    size = fields.number(1)
    if size:
        report.attributes["driver_kind"] = fields.number(1)
        report.attributes["driver_id"] = fields.take(size - 1).hex()


def decimal_of(name: str, size: int) -> Part:
    """Return the part that keeps a number as the text under which it is known, unless it is 0."""

    def read(fields: Fields, report: Report) -> None:
        number = fields.number(size)
        if number:
            report.attributes[name] = str(number)

    return read
