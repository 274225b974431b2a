"""Faults on demand: what the network and Slack itself do on a bad day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

Params = dict[str, Any]


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong, `times` times (None = always).

    `value` is the error code, the HTTP status or a number of seconds, as `kind` needs.
    `when` narrows the fault to calls whose parameters (or events whose fields) it accepts.
    """

    kind: str
    value: str | float = ""
    times: int | None = 1
    when: Callable[[Params], bool] | None = None

    @classmethod
    def drop_answer(cls, times: int | None = 1) -> Self:
        """Do the work, then close the connection without an answer."""
        return cls("drop_answer", times=times)

    @classmethod
    def drop_request(cls, times: int | None = 1) -> Self:
        """Close the connection without doing the work."""
        return cls("drop_request", times=times)

    @classmethod
    def error(cls, code: str, times: int | None = 1) -> Self:
        """Answer `{"ok": false, "error": code}`."""
        return cls("error", code, times)

    @classmethod
    def status(cls, status: int, times: int | None = 1) -> Self:
        """Answer with a bare HTTP status, such as 500."""
        return cls("status", status, times)

    @classmethod
    def rate_limited(cls, retry_after_s: int = 1, times: int | None = 1) -> Self:
        """Answer 429 with `Retry-After`."""
        return cls("rate_limited", retry_after_s, times)

    @classmethod
    def slow(cls, seconds: float, times: int | None = 1) -> Self:
        """Wait `seconds` before doing the work."""
        return cls("slow", seconds, times)

    @classmethod
    def duplicate(cls, times: int | None = 1) -> Self:
        """Deliver an event twice, with one event_id."""
        return cls("duplicate", times=times)

    @classmethod
    def out_of_order(cls, times: int | None = 1) -> Self:
        """Hold an event back until the next one was delivered (or the sandbox settles)."""
        return cls("out_of_order", times=times)

    def only_when(self, accepts: Callable[[Params], bool]) -> Self:
        """The same fault, narrowed to parameters that `accepts` returns True for."""
        self.when = accepts
        return self


class Faults:
    """What is due to go wrong, by target.

    A target is a Web API method ("chat.postMessage"), "*" for every method, an event type
    ("message") or "event" for every event.
    """

    def __init__(self) -> None:
        self._queues: dict[str, list[Fault]] = {}

    def add(self, target: str, fault: Fault) -> None:
        """Queue a fault; faults of one target happen in the order they were added."""
        self._queues.setdefault(target, []).append(fault)

    def clear(self) -> None:
        """Everything works again."""
        self._queues.clear()

    def take(self, params: Params, *targets: str) -> Fault | None:
        """The next fault for any of `targets` that accepts `params`, used up once."""
        for target in targets:
            for fault in self._queues.get(target, ()):
                if fault.times == 0 or (fault.when and not fault.when(params)):
                    continue
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None
