"""The ordered rules that judge one contact. The first rule with an answer decides."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.domain.availability import State
from bot.domain.contact import Action, Contact, Outcome, Person, Verdict
from bot.domain.policy import Mode, Policy


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at. ``recipient`` is None for somebody the workspace does not know."""

    contact: Contact
    recipient: Person | None
    policy: Policy


Rule = Callable[[Case], Verdict | None]


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


ACTION_OF_MODE = {Mode.OBSERVE: Action.RECORD, Mode.FLAG: Action.FLAG, Mode.HOLD: Action.HOLD}


def by_mode(case: Case) -> Verdict | None:
    """Everything else is outside the person's hours: the policy's mode says what is done."""
    return _outside(case, ACTION_OF_MODE[case.policy.mode], "by_mode", Outcome.BREACH)


RULES: tuple[Rule, ...] = (
    not_enrolled,
    reachable,
    inside_edge_tolerance,
    exempt_channel,
    by_mode,
)


def judge(contact: Contact, recipient: Person | None, policy: Policy) -> Verdict:
    """What to do about ``contact``: the answer of the first rule that has one."""
    case = Case(contact, recipient, policy)
    return next(verdict for rule in RULES if (verdict := rule(case)) is not None)


def _known(case: Case) -> Person:
    assert case.recipient is not None, "not_enrolled runs first"  # noqa: S101 - narrows the type for the rules behind the first
    return case.recipient


def _state(case: Case) -> State:
    return _known(case).timeline.state_at(case.contact.at)


def _outside(case: Case, action: Action, rule: str, outcome: Outcome) -> Verdict:
    at, timeline = case.contact.at, _known(case).timeline
    return Verdict(action, rule, outcome, timeline.why(at), timeline.next_open(at))
