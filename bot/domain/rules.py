"""The ordered rules that judge one contact. The first rule with an answer decides."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.availability import State
from bot.domain.choices import Treatment
from bot.domain.contact import Action, Contact, Outcome, Person, UrgentReason, Verdict
from bot.domain.instants import end_instant, local, start_instant, wall
from bot.domain.policy import Mode, Policy


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at.

    ``recipient`` is None for somebody the workspace does not know; ``on_call`` says whether their
    team's rota has them on call at the time, and ``urgent`` carries the reason when the author
    declared the matter urgent shortly before. ``silenced`` says whether the recipient's
    notifications are snoozed outside their hours.
    """

    contact: Contact
    recipient: Person | None
    policy: Policy
    on_call: bool = False
    urgent: UrgentReason | None = None
    silenced: bool = False


Rule = Callable[[Case], Verdict | None]


def foreign(case: Case) -> Verdict | None:
    """Somebody of another organisation is never counted; the author is only told the time."""
    if case.recipient is None or not case.recipient.is_foreign:
        return None
    if (inside := reachable(case) or inside_edge_tolerance(case)) is not None:
        return inside
    exempt = case.contact.channel_id in case.policy.exempt_channels
    if exempt or case.policy.mode is Mode.OBSERVE:
        return Verdict(Action.NOTHING, "foreign")
    return _outside(case, Action.FLAG, "foreign", None)


def not_enrolled(case: Case) -> Verdict | None:
    """Only people who set hours, or said that the suggested ones fit, are judged and counted."""
    if case.recipient is None or not case.recipient.enrolled:
        return Verdict(Action.UNKNOWN, "not_enrolled")
    return None


def reachable(case: Case) -> Verdict | None:
    """Inside the person's hours nothing is said."""
    if _state(case) is State.WORKING:
        return Verdict(Action.NOTHING, "reachable")
    return None


def inside_edge_tolerance(case: Case) -> Verdict | None:
    """A few minutes around opening and closing are let pass; a quiet window has no tolerance."""
    if _state(case) is State.QUIET:
        return None
    at, timeline = case.contact.at, _known(case).timeline
    tolerance_s = case.policy.edge_tolerance_min * 60
    closed_at, opens_at = timeline.not_working_since(at), timeline.next_open(at)
    after_closing = closed_at is not None and at - closed_at < tolerance_s
    before_opening = opens_at is not None and opens_at - at <= tolerance_s
    if after_closing or before_opening:
        return Verdict(Action.NOTHING, "inside_edge_tolerance")
    return None


def exempt_channel(case: Case) -> Verdict | None:
    """An incident room is written down as exempt, and nobody is told."""
    if case.contact.channel_id in case.policy.exempt_channels:
        return _outside(case, Action.RECORD, "exempt_channel", Outcome.EXEMPT)
    return None


def chosen_time(case: Case) -> Verdict | None:
    """The person marked this time as their own choice."""
    if _known(case).choices.was_chosen(case.contact.at) and not _is_locked(case):
        return _outside(case, Action.RECORD, "chosen_time", Outcome.CHOSEN)
    return None


def allowed_through(case: Case) -> Verdict | None:
    """The person lets this author, or this conversation, through."""
    if _treatment(case) is Treatment.THROUGH and not _is_locked(case):
        return _outside(case, Action.RECORD, "allowed_through", Outcome.EXEMPT)
    return None


def declared_urgent(case: Case) -> Verdict | None:
    """The author said a moment ago why this cannot wait; each word of it is not asked about."""
    if case.urgent is not None:
        return _outside(case, Action.RECORD, "declared_urgent", Outcome.URGENT)
    return None


def on_call_shift(case: Case) -> Verdict | None:
    """Being reached is what an on-call shift is for."""
    if case.on_call:
        return _outside(case, Action.RECORD, "on_call", Outcome.EXEMPT)
    return None


ACTION_OF_TREATMENT = {
    Treatment.FLAG: Action.FLAG,
    Treatment.SILENT: Action.RECORD,
    Treatment.HOLD: Action.HOLD,
}

SILENCED = "silenced"
"""The rule's name, kept with the contact, where somebody is reached who asked not to hear it: a
breach of which the author is told nothing.
"""


def by_treatment(case: Case) -> Verdict | None:
    """The person decided how messages of this source are treated.

    In observe mode nobody is told anything, whatever people chose. Where the person cannot be
    silenced, the next lower level is left: the author is told.
    """
    treatment = _treatment(case)
    if treatment in {None, Treatment.THROUGH} or case.policy.mode is Mode.OBSERVE:
        return None  # who may not be let through, in locked quiet hours, is like everybody else
    if treatment is Treatment.SILENT and not case.silenced:
        treatment = Treatment.FLAG
    rule = SILENCED if treatment is Treatment.SILENT else "by_treatment"
    return _outside(case, ACTION_OF_TREATMENT[treatment], rule, Outcome.BREACH)


ACTION_OF_MODE = {Mode.OBSERVE: Action.RECORD, Mode.FLAG: Action.FLAG, Mode.HOLD: Action.HOLD}


def by_mode(case: Case) -> Verdict | None:
    """Everything else is outside the person's hours: the policy's mode says what is done."""
    return _outside(case, ACTION_OF_MODE[case.policy.mode], "by_mode", Outcome.BREACH)


RULES: tuple[Rule, ...] = (
    foreign,
    not_enrolled,
    reachable,
    inside_edge_tolerance,
    exempt_channel,
    chosen_time,
    allowed_through,
    declared_urgent,
    on_call_shift,
    by_treatment,
    by_mode,
)


def judge(
    contact: Contact,
    recipient: Person | None,
    policy: Policy,
    *,
    on_call: bool = False,
    urgent: UrgentReason | None = None,
    silenced: bool = False,
) -> Verdict:
    """What to do about ``contact``: the answer of the first rule that has one."""
    case = Case(contact, recipient, policy, on_call, urgent, silenced)
    return next(verdict for rule in RULES if (verdict := rule(case)) is not None)


def _known(case: Case) -> Person:
    assert case.recipient is not None, "not_enrolled runs first"  # noqa: S101 - narrows the type for the rules behind the first
    return case.recipient


def _treatment(case: Case) -> Treatment | None:
    contact = case.contact
    return _known(case).choices.treatment_of(contact.author_id, contact.channel_id)


def _is_locked(case: Case) -> bool:
    """Whether it lies in quiet hours of the organisation that nobody opens for themselves."""
    if not case.policy.quiet_hours_locked:
        return False
    at, tz = case.contact.at, _known(case).tz
    today = local(at, tz).date()
    return any(
        start_instant(wall(day, window.interval.start_min), tz)
        <= at
        < end_instant(wall(day, window.interval.end_min), tz)
        for window in case.policy.quiet_hours
        for day in (today - timedelta(1), today)  # a night belongs to the day it begins on
        if day.weekday() in window.weekdays
    )


def _state(case: Case) -> State:
    return _known(case).timeline.state_at(case.contact.at)


def _outside(case: Case, action: Action, rule: str, outcome: Outcome | None) -> Verdict:
    at, timeline = case.contact.at, _known(case).timeline
    return Verdict(action, rule, outcome, timeline.why(at), timeline.next_open(at))
