"""Structured logs: one JSON line per event with ids only; never an address, name, token or body (I5, S78)."""

import logging
import sys
from traceback import walk_tb
from typing import Any, cast

import structlog


def configure_logs(service: str, *, level: str = "INFO") -> None:
    """Send every event of this process as one JSON line to stderr, with the service's name."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _exception_type_only,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)
    # Library loggers may put values into their messages: only their warnings pass, and only as an event name.
    logging.basicConfig(level=logging.ERROR, format="%(name)s %(levelname)s", force=True)


def _exception_type_only(_: Any, __: str, event: Any) -> Any:
    """Keep an exception's type and place, drop its text: drivers and validators quote the values they choke on."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
        ours = [(file, line) for file, line in frames if "site-packages" not in file] or frames
        event["trace"] = " ".join(f"{'/'.join(file.split('/')[-2:])}:{line}" for file, line in ours[-6:])
    return event


def log(name: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of a part, as in `log("mailer.delivery").info("message_sent", message_id=...)`."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(part=name))
