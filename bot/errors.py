"""What can go wrong, as one tree.

::

    OffhoursError
    ├── BadInput            a person's input; its text is the sentence they read
    │   ├── NotAllowed      they may not do this; says who may
    │   └── NotPossible     it was understood, and cannot be done now; says why
    ├── Misconfigured       the operator's settings; `offhours check` prints it
    ├── StorageDown         the database did not take a write; Slack is asked to send again
    ├── SlackError          the Web API did not do what was asked
    │   ├── Refused         a definite no, with Slack's error code; trying again is useless
    │   ├── RateLimited     try again after `retry_after_s`
    │   └── Ambiguous       no answer: it may or may not have happened; look before trying again
    └── CalendarError       a calendar server did not do what was asked
        ├── CalendarRefused     a definite no, with a short code; trying again is useless
        ├── CalendarUnsupported the server cannot do this at all; names the capability
        ├── CalendarConflict    the event changed meanwhile: read it again, then decide again
        ├── CalendarResync      the sync token is no longer good: read everything
        ├── CalendarSignedOut   the permission is gone: the person has to connect again
        └── CalendarAway        no answer, too many calls or a server fault: try again later
"""


class OffhoursError(Exception):
    """Anything this program raises on purpose."""


class BadInput(OffhoursError):
    """Input that was not understood. The text says what was wrong and shows an example.

    Examples stand in backticks: whole commands as ``{hours} off tomorrow``, with the command's key
    in place of its configured name, or only what differs, which is completed where the verb is
    known.
    """


class NotAllowed(BadInput):
    """The person may not do this. The text says who may."""


class NotPossible(BadInput):
    """What was asked for is clear and cannot be done now. The text says why; no example helps."""


class Misconfigured(OffhoursError):
    """A setting is missing or wrong. The text names the setting and what to do."""


class StorageDown(OffhoursError):
    """The database did not take a write in time."""


class SlackError(OffhoursError):
    """A Web API call that did not succeed."""


class Refused(SlackError):
    """Slack said no.

    Attributes:
        code: Slack's error string, for example ``channel_not_found``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RateLimited(SlackError):
    """Slack asked to wait.

    Attributes:
        retry_after_s: seconds to wait before the next call.
    """

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"retry after {retry_after_s:g} s")
        self.retry_after_s = retry_after_s


class Ambiguous(SlackError):
    """The connection broke, timed out or the server failed: the call may have taken effect."""


class CalendarError(OffhoursError):
    """A call to a calendar server that did not succeed."""


class CalendarRefused(CalendarError):
    """The server said no.

    Attributes:
        code: a short word for the log and for `bot.words.calendars`, never a URL or a body.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CalendarUnsupported(CalendarError):
    """This server cannot do what was asked.

    Attributes:
        capability: a field of `bot.calendars.base.Capabilities`.
    """

    def __init__(self, capability: str) -> None:
        super().__init__(capability)
        self.capability = capability


class CalendarConflict(CalendarError):
    """The event is no longer as it was read."""


class CalendarResync(CalendarError):
    """The server forgot what the sync token stands for; HTTP 410 on most."""


class CalendarSignedOut(CalendarError):
    """Password or token are no longer accepted."""


class CalendarAway(CalendarError):
    """The server did not answer, or asked to wait.

    Attributes:
        retry_after_s: seconds the server asked for; 0 when it said nothing.
    """

    def __init__(self, retry_after_s: float = 0.0) -> None:
        super().__init__(f"retry after {retry_after_s:g} s")
        self.retry_after_s = retry_after_s
