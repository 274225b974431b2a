"""What every listener is given: the use cases, and who the bot is."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.instants import Clock
from bot.services.answering import Answering
from bot.services.calendar_choices import CalendarChoices
from bot.services.choosing import Choosing
from bot.services.connecting import Connecting
from bot.services.directory import Directory
from bot.services.enrolment import Enrolment
from bot.services.granting import Granting
from bot.services.hinting import Hinting
from bot.services.holding import Holding
from bot.services.hours import Hours
from bot.services.hours_import import HoursImport
from bot.services.lifecycle import Lifecycle
from bot.services.meeting import Meetings
from bot.services.oncall import OnCall
from bot.services.policies import Policies
from bot.services.pushing import Pushing
from bot.services.rescheduling import Rescheduling
from bot.services.returning import Returning
from bot.services.roster import Roster
from bot.services.silencing import Silencing
from bot.services.summaries import Summaries
from bot.services.taking_back import TakingBack
from bot.services.teams import Teams
from bot.services.traces import Traces
from bot.services.urgent import Urgent
from bot.services.urgent_afterwards import UrgentAfterwards
from bot.slack.messenger import SlackMessenger


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot in its workspace, as ``auth.test`` told at start."""

    workspace_id: str
    bot_user_id: str
    bot_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Surface:
    """The use cases a listener may call.

    ``names`` are the commands' names by their setting. ``consent_link`` makes the address at which
    a person of a workspace may allow one of `bot.slack.consent.PURPOSES`; None where the
    operator has not set it up.
    """

    identity: Identity
    clock: Clock
    directory: Directory
    hours: Hours
    enrolment: Enrolment
    policies: Policies
    teams: Teams
    roster: Roster
    summaries: Summaries
    traces: Traces
    holding: Holding
    lifecycle: Lifecycle
    taking_back: TakingBack
    answering: Answering
    urgent: Urgent
    urgent_afterwards: UrgentAfterwards
    oncall: OnCall
    meetings: Meetings
    hinting: Hinting
    choosing: Choosing
    returning: Returning
    granting: Granting
    silencing: Silencing
    rescheduling: Rescheduling
    connecting: Connecting
    hours_import: HoursImport
    calendar_choices: CalendarChoices
    pushing: Pushing
    messenger: SlackMessenger
    consent_link: Callable[[str, str, str], str] | None
    names: dict[str, str]
    admins: frozenset[str]
    wake: Callable[..., None]

    def named(self, sentence: str) -> str:
        """The sentence with ``{hours}``, ``{later}`` … as the commands are called here."""
        for key, name in self.names.items():
            sentence = sentence.replace(f"{{{key}}}", name)
        return sentence
