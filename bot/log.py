"""Structured logs: ids and verdicts, never message text, tokens or URLs."""

import logging
import sys
from typing import Literal

import structlog

LogFormat = Literal["console", "json"]

ALLOWED = frozenset({
    "acted", "attempt", "changed", "channel_id", "code", "count", "delay_s", "digest", "errand",
    "error", "event", "event_type", "exc_type", "gone", "hold_id", "host", "is_full", "iso_week",
    "kind", "level", "lifted", "message_ts", "name", "notice_id", "outcome", "pages", "port",
    "provider", "reason", "retry_num", "revision", "rule", "size", "stack", "state", "status",
    "team_id", "timestamp", "transport", "unclear", "user_id", "verdict", "version", "worker",
    "workspace_id",
})  # fmt: skip
"""The only keys a log line may carry. Anything else is dropped and its name reported."""

QUIETED = (
    "slack_bolt", "slack_sdk", "aiohttp", "uvicorn", "apscheduler", "sqlalchemy", "aiosqlite",
)  # fmt: skip
"""The libraries below us: they log payloads and parameters at DEBUG and URLs at INFO."""


def _only_ids(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    unknown = sorted(set(event) - ALLOWED)
    for key in unknown:
        del event[key]
    if unknown:
        event["error"] = "dropped log keys: " + ", ".join(unknown)
    return event


def _where_it_broke(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Reduce an exception to its type and its own frames: its text may quote a message."""
    error = event.pop("exc", None)
    if isinstance(error, BaseException):
        event["exc_type"] = type(error).__name__
        frames = []
        step = error.__traceback__
        while step is not None:
            frames.append(f"{step.tb_frame.f_code.co_name}:{step.tb_lineno}")
            step = step.tb_next
        event["stack"] = " > ".join(frames[-6:])
    return event


def configure(level: str = "INFO", log_format: LogFormat = "console") -> None:
    """Set up logging for the process. ``level`` is a name of the `logging` module."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_it_broke,
            _only_ids,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    for name in QUIETED:
        logging.getLogger(name).setLevel(logging.ERROR)


log: structlog.typing.FilteringBoundLogger = structlog.get_logger()
