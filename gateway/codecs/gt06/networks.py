"""Cells and access points that a terminal heard: where it is when no satellite is in view."""

from dataclasses import dataclass
from struct import Struct
from typing import cast

from gateway.codecs.events import Value
from gateway.codecs.gt06.fields import Fields, Part, Report

_IS_WIDE_MNC = 0x8000
_MCC_MASK = 0x7FFF
_PLAIN = Struct(">HBH")
_WIDE_BYTES = 15
# The commonest, which counts itself.
_PLAIN_SIZE = 9
EMPTY = frozenset({0x0000, 0xFFFF})
_IS_4G = 3
_NEIGHBOUR_BYTES = 6
_POINT_BYTES = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """How many bytes the parts of a cell's name have; bit 15 of the country widens the net."""

    mnc: int = 1
    lac: int = 2
    cid: int = 3


PLAIN = Widths()
LTE = Widths(lac=4, cid=8)
LONG_CID = Widths(cid=4)
LONG_NET = Widths(mnc=2, cid=4)


def read_cell(fields: Fields, report: Report) -> None:
    """Country, net, area and cell in 2, 1, 2 and 3 bytes, of the cell in use."""
    mcc, mnc, lac = fields.unpack(_PLAIN)
    if mcc & _IS_WIDE_MNC:
        mnc = mnc << 8 | lac >> 8
        lac = (lac & 0xFF) << 8 | fields.number(1)
    cid = fields.number(3)
    if mcc and lac not in EMPTY:
        report.attributes["cells"] = [
            {"mcc": mcc & _MCC_MASK, "mnc": mnc, "lac": lac, "cell": cid},
        ]


def cell_of(widths: Widths) -> Part:
    """Return the part that reads the cell in use, in fields of `widths`."""

    def read(fields: Fields, report: Report) -> None:
        mcc, mnc = _net(fields, widths)
        _hear(report, _cell((mcc, mnc), fields, widths))

    return read


def read_typed_cell(fields: Fields, report: Report) -> None:
    """Read a cell behind its generation, 3 or more for 4G, with the signal behind it."""
    is_4g = fields.number(1) >= _IS_4G
    widths = LTE if is_4g else PLAIN
    cell = _cell(_net(fields, widths), fields, widths)
    report.attributes["cell_signal"] = fields.number(2 if is_4g else 1)
    _hear(report, cell)


def sized_cell_of(widths: Widths, *, behind: int) -> Part:
    """Return the part that reads a cell behind its length, which some count and some do not.

    A length of 0 stands before no cell, or before one of zeros; `behind` is how many bytes
    then follow it.
    """

    def read(fields: Fields, report: Report) -> None:
        size = fields.number(1)
        if size == 0:
            fields.take(max(0, fields.left - behind))
            return
        if size == _PLAIN_SIZE and widths is PLAIN:
            read_cell(fields, report)
            return
        begin = fields.at
        used = LTE if size >= _WIDE_BYTES else widths
        _hear(report, _cell(_net(fields, used), fields, used))
        # The length may count itself.
        fields.take(max(0, min(size - 1 - (fields.at - begin), fields.left - behind)))

    return read


def cells_of(widths: Widths, *, count: int | None) -> Part:
    """Return the part that reads `count` cells of one net, or as many as a byte says."""

    def read(fields: Fields, report: Report) -> None:
        net = _net(fields, widths)
        _hear_neighbours(
            fields, report, (net, widths, fields.number(1) if count is None else count)
        )

    return read


def read_marked_cells(fields: Fields, report: Report) -> None:
    """Cells of one net, behind a mark of 4G and their count."""
    net = _net(fields, PLAIN)
    widths = LTE if fields.number(1) else PLAIN
    _hear_neighbours(fields, report, (net, widths, fields.number(1)))


def read_scan_cells(fields: Fields, report: Report) -> None:
    """Read the cells of a scan: their count before the net, each in 2, 2 and 1 bytes."""
    count = fields.number(1)
    net = _net(fields, PLAIN)
    _hear_neighbours(fields, report, (net, Widths(cid=2), count))


def read_locker_cells(fields: Fields, report: Report) -> None:
    """Read the cell in use with its signal, behind their length, and the others behind theirs."""
    if fields.number(1) == 0:
        fields.take(fields.number(1))
        return
    net = _net(fields, PLAIN)
    _hear(report, _cell(net, fields, PLAIN, has_signal=True))
    others = Fields(fields.take(fields.number(1)))
    _hear_neighbours(others, report, (net, PLAIN, others.left // _NEIGHBOUR_BYTES))


def read_locker_wifi(fields: Fields, report: Report) -> None:
    """Read access points behind their length in bytes."""
    points = Fields(fields.take(fields.number(1)))
    wifi_of(points.left // _POINT_BYTES)(points, report)


def wifi_of(count: int | None = None, *, skipped: int = 0, has_signal: bool = True) -> Part:
    """Return the part that reads `count` access points, or as many as a byte says.

    `skipped` bytes stand before each.
    """

    def read(fields: Fields, report: Report) -> None:
        for _ in range(fields.number(1) if count is None else count):
            fields.take(skipped)
            point: dict[str, Value] = {"mac": fields.take(6).hex(":")}
            if has_signal:
                point["signal_dbm"] = _signal_dbm(fields)
            if point["mac"] != "00:00:00:00:00:00":
                _keep(report, "wifi", point)

    return read


def read_timing_advance(fields: Fields, report: Report) -> None:
    """Read the distance from the cell in use, in steps; 255 is not known."""
    report.attributes["timing_advance"] = fields.number(1)


def _net(fields: Fields, widths: Widths) -> tuple[int, int]:
    mcc = fields.number(2)
    mnc = fields.number(2 if mcc & _IS_WIDE_MNC else widths.mnc)
    return mcc & _MCC_MASK, mnc


def _cell(
    net: tuple[int, int], fields: Fields, widths: Widths, *, has_signal: bool = False
) -> dict[str, Value] | None:
    lac = fields.number(widths.lac)
    cid = fields.number(widths.cid)
    cell: dict[str, Value] = {"mcc": net[0], "mnc": net[1], "lac": lac, "cell": cid}
    if has_signal:
        cell["signal_dbm"] = _signal_dbm(fields)
    return None if lac in EMPTY else cell


def _signal_dbm(fields: Fields) -> int:
    return -fields.number(1)


def _hear_neighbours(
    fields: Fields, report: Report, told: tuple[tuple[int, int], Widths, int]
) -> None:
    net, widths, count = told
    for _ in range(count):
        _hear(report, _cell(net, fields, widths, has_signal=True))


def _hear(report: Report, cell: dict[str, Value] | None) -> None:
    if cell is not None:
        _keep(report, "cells", cell)


def _keep(report: Report, name: str, heard: dict[str, Value]) -> None:
    cast("list[Value]", report.attributes.setdefault(name, [])).append(heard)
