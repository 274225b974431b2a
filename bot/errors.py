"""What can go wrong, as one tree.

::

    OffhoursError
    ├── BadInput            a person's input; its text is the sentence they read
    │   ├── NotAllowed      they may not do this; says who may
    │   └── NotPossible     it was understood, and cannot be done now; says why
    ├── Misconfigured       the operator's settings; `offhours check` prints it
    ├── StorageDown         the database did not take a write; Slack is asked to send again
    └── SlackError          the Web API did not do what was asked
        ├── Refused         a definite no, with Slack's error code; trying again is useless
        ├── RateLimited     try again after `retry_after_s`
        └── Ambiguous       no answer: it may or may not have happened; look before trying again
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
