"""Structured logs on standard error: one JSON object a line, an event and its values.

Positions never go into a log.
"""

import logging
import sys
from typing import Literal, TextIO, cast

import structlog

Level = Literal["debug", "info", "warning", "error"]


class _StandardError:
    """Standard error as it is at the moment: whoever runs a command may have put another there."""

    def write(self, text: str) -> int:
        """Write `text`."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Have it written out."""
        sys.stderr.flush()


def start_logging(level: Level = "info") -> None:
    """Write everything from `level` up to standard error, from now on."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_NUMBER[level]),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _StandardError())),
        cache_logger_on_first_use=True,
    )


_NUMBER = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
