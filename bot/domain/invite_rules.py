"""The ordered rules that judge one occurrence of a meeting. The first with an answer decides.

What concerns meetings only comes first. Then every stretch of the meeting outside its owner's
hours is judged like a message that reaches them there, by `bot.domain.rules`, so that exceptions,
allowances and on-call shifts hold for both; the strictest stretch counts.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.availability import State
from bot.domain.contact import Action, Contact, Kind, Outcome, Person, Verdict
from bot.domain.instants import MINUTE_S
from bot.domain.invites import Occurrence
from bot.domain.policy import Policy
from bot.domain.rota import Rota
from bot.domain.rules import SILENCED, judge
from bot.domain.spans import Span, subtract


class Do(StrEnum):
    """What to do about an occurrence.

    ``KEEP`` changes nothing, ``LEAVE`` takes back what was done. ``MARK`` is the private mark
    alone; ``FLAG`` also tells the organiser; ``HOLD`` answers *tentative* with a comment,
    ``DECLINE`` declines with better times.
    """

    KEEP = "keep"
    LEAVE = "leave"
    MARK = "mark"
    FLAG = "flag"
    HOLD = "hold"
    DECLINE = "decline"


class MeetingTreatment(StrEnum):
    """What the owner wants done about invites outside their hours."""

    FLAG = "flag"
    HOLD = "hold"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class MeetingChoices:
    """The owner's decisions on meetings.

    Attributes:
        judges_all_day: whole-day events are judged as well.
        keywords: lower case; a meeting with one of them in its title is let through.
    """

    treatment: MeetingTreatment = MeetingTreatment.FLAG
    judges_all_day: bool = False
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InviteCase:
    """What a rule looks at.

    ``organizer_id`` is the organiser's Slack id, ``""`` for somebody outside the workspace;
    ``people`` is how many are invited.
    ``silenced`` says whether the owner's notifications are snoozed outside their hours.
    """

    occurrence: Occurrence
    owner: Person
    organizer_id: str
    policy: Policy
    choices: MeetingChoices
    now: int
    people: int = 0
    rotas: tuple[Rota, ...] = ()
    silenced: bool = False


@dataclass(frozen=True, slots=True)
class InviteVerdict:
    """What was decided, by which rule, and how many minutes lie outside the owner's hours."""

    do: Do
    rule: str
    outside_min: int = 0
    outcome: Outcome | None = None


InviteRule = Callable[[InviteCase], InviteVerdict | None]


def cancelled(case: InviteCase) -> InviteVerdict | None:
    """What does not take place needs no word."""
    return _leave("cancelled") if case.occurrence.is_cancelled else None


def over(case: InviteCase) -> InviteVerdict | None:
    """What has begun is as it is: nothing is said of it, and nothing taken back."""
    if case.occurrence.start_at > case.now:
        return None
    minutes = 0 if case.occurrence.is_all_day else outside_min(case.owner, case.occurrence.span)
    return InviteVerdict(Do.KEEP, "over", minutes)


def free_time(case: InviteCase) -> InviteVerdict | None:
    """Shown as free: a birthday, a reminder, somebody else's holiday."""
    return _leave("free_time") if case.occurrence.is_transparent else None


def away(case: InviteCase) -> InviteVerdict | None:
    """An absence is no meeting."""
    return _leave("away") if case.occurrence.is_out_of_office else None


def all_day(case: InviteCase) -> InviteVerdict | None:
    """A whole day covers the night by its form, not by anybody's wish."""
    if case.occurrence.is_all_day and not case.choices.judges_all_day:
        return _leave("all_day")
    return None


def own_event(case: InviteCase) -> InviteVerdict | None:
    """Whoever plans something for themselves, or invites others, has chosen the time."""
    return _leave("own_event", case) if case.occurrence.is_own else None


def not_enrolled(case: InviteCase) -> InviteVerdict | None:
    """Only people who set hours, or said that the suggested ones fit, are judged."""
    return None if case.owner.enrolled else _leave("not_enrolled")


def keyword(case: InviteCase) -> InviteVerdict | None:
    """The owner lets meetings with such a title through."""
    title = case.occurrence.title.casefold()
    if any(word in title for word in case.choices.keywords):
        return _leave("keyword", case, Outcome.EXEMPT)
    return None


def inside_hours(case: InviteCase) -> InviteVerdict | None:
    """Inside the owner's hours, or beyond them by less than the tolerance."""
    return None if late_spans(case) else _leave("inside_hours", case)


def like_a_message(case: InviteCase) -> InviteVerdict | None:
    """As the policy, the owner's choices and the rota have it for messages."""
    verdict = _strictest(case)
    if verdict.action not in {Action.FLAG, Action.HOLD} and verdict.rule != SILENCED:
        return _leave(verdict.rule, case, verdict.outcome)
    if verdict.rule == SILENCED:
        return _decided(Do.MARK, verdict.rule, case)
    return None


def optional(case: InviteCase) -> InviteVerdict | None:
    """Who need not come is not made a fuss of."""
    return _decided(Do.MARK, "optional", case) if case.occurrence.is_optional else None


def large(case: InviteCase) -> InviteVerdict | None:
    """A meeting of many does not move for one: it is flagged and never answered."""
    if case.people > case.policy.large_meeting:
        return _decided(Do.FLAG, "large", case)
    return None


DO_OF_TREATMENT = {
    MeetingTreatment.FLAG: Do.FLAG,
    MeetingTreatment.HOLD: Do.HOLD,
    MeetingTreatment.DECLINE: Do.DECLINE,
}


def by_treatment(case: InviteCase) -> InviteVerdict | None:
    """Everything else, as the owner chose for meetings."""
    return _decided(DO_OF_TREATMENT[case.choices.treatment], "by_treatment", case)


INVITE_RULES: tuple[InviteRule, ...] = (
    over,
    cancelled,
    free_time,
    away,
    all_day,
    own_event,
    not_enrolled,
    keyword,
    inside_hours,
    like_a_message,
    optional,
    large,
    by_treatment,
)


MARKED_ONLY = frozenset({SILENCED, "optional"})
"""Rules after which nobody is told anything."""


def judge_invite(case: InviteCase) -> InviteVerdict:
    """What to do about an occurrence: the answer of the first rule that has one."""
    return next(verdict for rule in INVITE_RULES if (verdict := rule(case)) is not None)


def outside_spans(owner: Person, span: Span) -> list[Span]:
    """The parts of ``span`` in which its owner does not work, quiet windows included."""
    working = owner.timeline.spans(span.start, span.end, State.WORKING)
    return subtract([span], working)


def outside_min(owner: Person, span: Span) -> int:
    """How many minutes of ``span`` lie outside its owner's hours, begun ones included."""
    return -(-sum(each.end - each.start for each in outside_spans(owner, span)) // MINUTE_S)


def late_spans(case: InviteCase) -> list[Span]:
    """What is left outside when the tolerance at closing and opening is let pass.

    A quiet window has no tolerance: it is inside the day because somebody wanted it kept.
    """
    tolerance_s = case.policy.edge_tolerance_min * MINUTE_S
    timeline = case.owner.timeline
    left: list[Span] = []
    for outside in outside_spans(case.owner, case.occurrence.span):
        quiet = timeline.spans(outside.start, outside.end, State.QUIET)
        left += quiet
        for off in subtract([outside], quiet):
            closed_at = timeline.not_working_since(off.start)
            opens_at = timeline.next_open(off.start)
            start, end = off.start, off.end
            if closed_at is not None:
                start = max(start, closed_at + tolerance_s)
            if opens_at is not None:
                end = min(end, opens_at - tolerance_s)
            if start < end:
                left.append(Span(start, end))
    return sorted(left)


def _strictest(case: InviteCase) -> Verdict:
    """The strictest verdict over every stretch, and after every stretch of chosen time in it."""
    return max(
        (_as_message(case, at) for at in _instants(case)),
        key=lambda verdict: tuple(Action).index(verdict.action),
    )


def _instants(case: InviteCase) -> Iterable[int]:
    for span in late_spans(case):
        yield span.start
        for chosen in case.owner.choices.chosen:
            if span.start <= chosen.end < span.end:
                yield chosen.end


def _as_message(case: InviteCase, at: int) -> Verdict:
    owner = case.owner
    # An invite is addressed to the person, as a direct message is, and comes in no channel.
    contact = Contact("", "", "", case.organizer_id, owner.user_id, Kind.DM, at)
    on_call = any(rota.on_call(at) == owner.user_id for rota in case.rotas)
    return judge(contact, owner, case.policy, on_call=on_call, silenced=case.silenced)


def _leave(
    rule: str, case: InviteCase | None = None, outcome: Outcome | None = None
) -> InviteVerdict:
    minutes = 0 if case is None else outside_min(case.owner, case.occurrence.span)
    return InviteVerdict(Do.LEAVE, rule, minutes, outcome)


def _decided(do: Do, rule: str, case: InviteCase) -> InviteVerdict:
    return InviteVerdict(do, rule, outside_min(case.owner, case.occurrence.span), Outcome.BREACH)
