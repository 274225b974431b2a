"""Every use case over one database and one Slack, and the workers that run them."""

from dataclasses import dataclass

from bot.calendars.base import Providers
from bot.domain.instants import Clock
from bot.scheduler import Worker
from bot.services.answering import Answering
from bot.services.better_times import BetterTimes
from bot.services.calendar_access import CalendarAccess
from bot.services.calendar_choices import CalendarChoices
from bot.services.choosing import Choosing
from bot.services.connecting import Connecting
from bot.services.delivering import Delivering
from bot.services.deriving import Deriving
from bot.services.directory import Directory
from bot.services.enrolment import Enrolment
from bot.services.errands import Errands
from bot.services.gaps import Gaps
from bot.services.granting import Granting
from bot.services.hinting import Hinting
from bot.services.holding import Holding
from bot.services.hours import Hours
from bot.services.hours_import import HoursImport
from bot.services.invite_saying import InviteSaying
from bot.services.invite_telling import InviteTelling
from bot.services.judging import Judging
from bot.services.lifecycle import Lifecycle
from bot.services.meeting import Meetings
from bot.services.notices import Notices, Prepare
from bot.services.oncall import OnCall
from bot.services.policies import Policies
from bot.services.previews import Previews
from bot.services.pushing import Pushing
from bot.services.releasing import Releasing
from bot.services.rescheduling import Rescheduling
from bot.services.resolving import Resolving
from bot.services.returning import Returning
from bot.services.roster import Roster
from bot.services.screening import Screening
from bot.services.sealed_titles import SealedTitles
from bot.services.silencing import Silencing
from bot.services.summaries import Summaries
from bot.services.taking_back import TakingBack
from bot.services.teams import Teams
from bot.services.traces import Traces
from bot.services.urgent import Urgent
from bot.services.urgent_afterwards import UrgentAfterwards
from bot.services.urgent_telling import UrgentTelling
from bot.services.visiting import Visiting
from bot.services.weeks import Weeks
from bot.slack.messenger import SlackMessenger
from bot.storage.database import Database
from bot.storage.recorder import Recorder
from bot.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case of one running bot."""

    directory: Directory
    screening: Screening
    gaps: Gaps
    resolving: Resolving
    notices: Notices
    enrolment: Enrolment
    hours: Hours
    policies: Policies
    teams: Teams
    roster: Roster
    summaries: Summaries
    previews: Previews
    traces: Traces
    holding: Holding
    lifecycle: Lifecycle
    taking_back: TakingBack
    answering: Answering
    urgent: Urgent
    urgent_telling: UrgentTelling
    urgent_afterwards: UrgentAfterwards
    oncall: OnCall
    meetings: Meetings
    hinting: Hinting
    choosing: Choosing
    returning: Returning
    granting: Granting
    deriving: Deriving
    releasing: Releasing
    silencing: Silencing
    rescheduling: Rescheduling
    calendar_access: CalendarAccess
    visiting: Visiting
    connecting: Connecting
    hours_import: HoursImport
    calendar_choices: CalendarChoices
    pushing: Pushing


def services_of(
    database: Database,
    clock: Clock,
    messenger: SlackMessenger,
    vault: Vault,
    recorder: Recorder,
    providers: Providers,
    public_url: str,
) -> Services:
    """The use cases over one database, one Slack and the calendars that may be connected."""
    directory = Directory(database, clock)
    access, titles = CalendarAccess(database, vault, providers), SealedTitles(vault)
    better = BetterTimes(database, directory)
    telling = InviteTelling(directory)
    judging = Judging(directory, titles, telling)
    errands = Errands(database, directory, better, telling)
    saying = InviteSaying(database, directory, access, titles, better)
    screening = Screening(database, directory, recorder)
    enrolment = Enrolment(directory)
    granting = Granting(database, directory, vault)
    weeks = Weeks(database, directory, messenger)
    hours = Hours(database, directory, messenger)
    returning = Returning(database, directory)
    taking_back = TakingBack(database, directory, messenger, vault, granting)
    urgent_afterwards = UrgentAfterwards(database, directory, messenger)
    silencing = Silencing(database, directory, messenger, granting)
    prepare: dict[str, Prepare] = {
        "auto_hold": taking_back.automatic,
        "better_times": saying.proposed,
        "invite": saying.told,
        "invite_lifted": saying.lifted,
        "invite_not_answered": saying.not_answered,
        "invite_unclear": saying.unclear,
        "mirror": weeks.mirror,
        "return": returning.count,
        "urgent_told": urgent_afterwards.told,
        "verdict": urgent_afterwards.asked,
    }
    return Services(
        directory=directory,
        screening=screening,
        gaps=Gaps(database, directory),
        resolving=Resolving(database, directory, messenger, screening, granting),
        notices=Notices(database, directory, messenger, prepare),
        enrolment=enrolment,
        hours=hours,
        policies=Policies(database, directory),
        teams=Teams(database, directory, messenger, enrolment),
        roster=Roster(database, directory, messenger, enrolment),
        summaries=Summaries(database, directory, messenger, weeks),
        previews=Previews(database, directory, weeks, messenger),
        traces=Traces(database, directory),
        lifecycle=Lifecycle(database, directory),
        holding=Holding(database, directory, messenger, vault),
        taking_back=taking_back,
        answering=Answering(database, directory),
        urgent=Urgent(database, directory, vault),
        urgent_telling=UrgentTelling(database, directory, messenger, vault, silencing),
        urgent_afterwards=urgent_afterwards,
        oncall=OnCall(database, directory),
        meetings=Meetings(database, directory),
        hinting=Hinting(database, directory),
        choosing=Choosing(database, directory, hours),
        returning=returning,
        granting=granting,
        deriving=Deriving(database, directory, returning),
        releasing=Releasing(database, directory, Delivering(messenger, vault, granting)),
        silencing=silencing,
        rescheduling=Rescheduling(database, directory, access),
        calendar_access=access,
        visiting=Visiting(database, directory, access, judging, errands, telling),
        hours_import=HoursImport(database, access, hours),
        connecting=Connecting(database, directory, access, vault, public_url),
        calendar_choices=CalendarChoices(database, directory, access, titles),
        pushing=Pushing(database, access, public_url),
    )


def workers_of(services: Services) -> tuple[Worker, ...]:
    """Who works at which beat, in seconds."""

    async def refresh() -> int:
        await services.directory.refresh()
        return 0

    async def flush() -> int:
        await services.screening.flush_counts()
        await services.directory.flush_threads()
        return 0

    return (
        Worker("refresh", refresh, 1),
        Worker("resolve", services.resolving.run_due, 1),
        Worker("notices", services.notices.run_due, 1),
        Worker("derive", services.deriving.run_due, 1),
        Worker("take_back", services.taking_back.run_due, 5),
        Worker("urgent", services.urgent_telling.run_due, 1),
        Worker("release", services.releasing.run_due, 1),
        Worker("silence", services.silencing.run_due, 5),
        Worker("flush", flush, 5),
        Worker("calendars", services.visiting.run_due, 5),
        Worker("pushes", services.pushing.run_due, 60),
        Worker("beat", services.gaps.run_due, 20),
        Worker("lifecycle", services.lifecycle.run_due, 3_600),
        Worker("roster", services.roster.run_due, 60),
        Worker("summaries", services.summaries.run_due, 60),
    )
