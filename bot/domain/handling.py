"""What was done about an occurrence, and what follows when it is seen again. Pure.

Acting happens once for each time an occurrence was planned for: moved into its owner's hours, what
was done is taken back; moved outside them again, it is a new matter. Servers disagree on whether
a move resets the owner's answer, so what was done is remembered here and never read back from
PARTSTAT alone. An answer that is not ours is the owner's, and from then on the occurrence is
theirs.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from bot.domain.invite_rules import Do
from bot.domain.invites import Answer, Occurrence
from bot.domain.spans import Span


class Handling(StrEnum):
    """Where an occurrence stands.

    ``MANUAL``: the owner answered by hand. ``UNDONE``: the owner took back what was done for this
    time. ``LIFTED``: it was moved into their hours. ``FOUND``: it was in the calendar before that
    was connected, or belongs to a series its owner answered by hand, and is left alone for as long
    as it is not moved.
    """

    NONE = ""
    FLAGGED = "flagged"
    HELD = "held"
    DECLINED = "declined"
    LIFTED = "lifted"
    UNDONE = "undone"
    FOUND = "found"
    MANUAL = "manual"


class Errand(StrEnum):
    """What the calendar's server has yet to be told; at most one for each occurrence.

    ``ACCEPT``, ``REFUSE`` and ``TENTATIVE`` are the owner's own answers, given in Slack; ``HOLD``
    and ``DECLINE`` are made for them, and the latter proposes better times.
    """

    NONE = ""
    MARK = "mark"
    UNMARK = "unmark"
    HOLD = "hold"
    DECLINE = "decline"
    TAKE_BACK = "take_back"
    ACCEPT = "accept"
    REFUSE = "refuse"
    TENTATIVE = "tentative"


ANSWER_OF: dict[Errand, Answer] = {
    Errand.HOLD: Answer.TENTATIVE,
    Errand.DECLINE: Answer.DECLINED,
    Errand.TAKE_BACK: Answer.NEEDS_ACTION,
    Errand.ACCEPT: Answer.ACCEPTED,
    Errand.REFUSE: Answer.DECLINED,
    Errand.TENTATIVE: Answer.TENTATIVE,
}

BY_OWNER = frozenset({Errand.ACCEPT, Errand.REFUSE, Errand.TENTATIVE})
"""What the owner asked for by a button."""

AUTOMATIC = frozenset({Errand.HOLD, Errand.DECLINE})
GIVEN = frozenset({Answer.TENTATIVE, Answer.DECLINED})
"""Answers that may have been given for the owner."""

MOST_RESETS = 3
"""A server that asks anew after every answer is not answered for ever."""

STANDING = frozenset({Handling.FLAGGED, Handling.HELD, Handling.DECLINED})
"""What was done still stands."""

SETTLED = frozenset({Handling.UNDONE, Handling.FOUND})
"""Nothing is done for the time that is remembered."""

ANSWERED = frozenset({Handling.HELD, Handling.DECLINED})


@dataclass(frozen=True, slots=True)
class Handled:
    """What is remembered of one occurrence.

    Attributes:
        acted: the time for which it was acted on.
        acted_sequence: the organiser's revision then.
        our_answer: the last answer given here; None when none was.
        is_marked: whether the private mark is on the owner's copy.
        is_tried: an attempt at the errand was begun, and nobody knows what became of it.
        resets: how often an answer for this time was given anew.
    """

    state: Handling = Handling.NONE
    acted: Span | None = None
    acted_sequence: int = 0
    our_answer: Answer | None = None
    is_marked: bool = False
    errand: Errand = Errand.NONE
    is_tried: bool = False
    resets: int = 0


UNTOUCHED = Handled()


@dataclass(frozen=True, slots=True)
class Step:
    """What is remembered from now on, and whether owner and organiser are told of it."""

    handled: Handled
    tell_owner: bool = False
    tell_organizer: bool = False


STATE_OF = {
    Do.MARK: Handling.FLAGGED,
    Do.FLAG: Handling.FLAGGED,
    Do.HOLD: Handling.HELD,
    Do.DECLINE: Handling.DECLINED,
}
ERRAND_OF = {
    Do.MARK: Errand.MARK,
    Do.FLAG: Errand.MARK,
    Do.HOLD: Errand.HOLD,
    Do.DECLINE: Errand.DECLINE,
}


def next_step(before: Handled, seen: Occurrence, do: Do) -> Step:
    """What follows from what was done, what the calendar says now, and what the rules want."""
    if do is Do.KEEP:
        return Step(before)
    known = _executed(before, seen)
    if known.state is Handling.MANUAL:
        if known.errand in BY_OWNER and known.acted != seen.span:
            known = UNTOUCHED  # what was answered in Slack was another time, and is not sent
        else:
            return Step(known if _is_still_wanted(known, seen) else _dropped(known))
    if _is_by_hand(known, seen):
        return Step(replace(known, state=Handling.MANUAL, errand=Errand.NONE))
    if do is Do.LEAVE:
        return Step(_taken_back(known))
    if known.acted != seen.span:
        return _acted(known, seen, do)
    if known.errand in AUTOMATIC and known.errand is not ERRAND_OF[do]:
        return Step(_instead(known, do))
    if known.state in ANSWERED and _was_reset(known, seen):
        return Step(_again(known, seen))
    return Step(known)


def undone(handled: Handled) -> Handled:
    """The owner does not want what was done: as before, and not again for this time."""
    return replace(_taken_back(handled), state=Handling.UNDONE, acted=handled.acted)


def settled(state: Handling, span: Span) -> Handled:
    """Nothing is done about an occurrence at ``span``; ``state`` is one of `SETTLED`."""
    return Handled(state=state, acted=span)


def answered(handled: Handled, errand: Errand) -> Handled:
    """The owner answers in Slack, with `Errand.ACCEPT` or `Errand.REFUSE`."""
    return replace(handled, state=Handling.MANUAL, errand=errand)


def held(handled: Handled) -> Handled:
    """The owner wants *tentative* for now, where nothing was answered."""
    return replace(handled, state=Handling.HELD, errand=Errand.TENTATIVE)


def begun(handled: Handled) -> Handled:
    """The server is being told; remembered before it is, so that a crash cannot hide it."""
    return replace(handled, is_tried=True)


def executed(handled: Handled, errand: Errand) -> Handled:
    """The server did the errand."""
    if errand in {Errand.MARK, Errand.UNMARK}:
        return replace(handled, errand=Errand.NONE, is_marked=errand is Errand.MARK)
    return replace(handled, errand=Errand.NONE, our_answer=ANSWER_OF[errand], is_tried=False)


def overtaken(handled: Handled, done: Handled) -> Handled:
    """Something else was decided while the server was asked; ``done`` is what it did meanwhile."""
    after = replace(handled, our_answer=done.our_answer, is_marked=done.is_marked)
    if after.errand is not Errand.NONE or after.state is Handling.MANUAL:
        return after
    if after.state not in ANSWERED and after.our_answer in GIVEN:
        return replace(after, errand=Errand.TAKE_BACK)
    if after.state not in STANDING and after.is_marked:
        return replace(after, errand=Errand.UNMARK)
    return after


def not_possible(handled: Handled, errand: Errand) -> Handled:
    """The server cannot do the errand: what was said in Slack is all there is."""
    state = Handling.FLAGGED if errand in AUTOMATIC | BY_OWNER else handled.state
    return replace(handled, state=state, errand=Errand.NONE, is_tried=False)


def _is_still_wanted(known: Handled, seen: Occurrence) -> bool:
    """Whether no other answer was given by hand since the owner pressed the button."""
    if known.errand not in BY_OWNER:
        return True
    return seen.answer in {Answer.NEEDS_ACTION, known.our_answer}


def _dropped(known: Handled) -> Handled:
    return replace(known, errand=Errand.NONE, is_tried=False)


def _instead(known: Handled, do: Do) -> Handled:
    """The owner wants something else by now, and the server has not been told."""
    known, errand = _assumed(known), ERRAND_OF[do]
    if errand is Errand.MARK and known.our_answer in GIVEN:
        errand = Errand.TAKE_BACK
    elif errand is Errand.MARK and known.is_marked:
        errand = Errand.NONE
    return replace(known, state=STATE_OF[do], errand=errand)


def _assumed(known: Handled) -> Handled:
    """An answer that may have arrived is taken for given, before it is taken back."""
    if known.is_tried and known.errand in AUTOMATIC:
        return replace(known, our_answer=ANSWER_OF[known.errand], is_tried=False)
    return known


def _again(known: Handled, seen: Occurrence) -> Handled:
    """The organiser changed something else, and the server asked everybody again."""
    if known.resets >= MOST_RESETS:
        return replace(known, state=Handling.FLAGGED, our_answer=None)
    errand = Errand.HOLD if known.state is Handling.HELD else Errand.DECLINE
    return replace(known, errand=errand, acted_sequence=seen.sequence, resets=known.resets + 1)


def _executed(before: Handled, seen: Occurrence) -> Handled:
    """An answer under way that the calendar shows already was ours: only its receipt was lost."""
    answer = ANSWER_OF.get(before.errand)
    if not before.is_tried or answer is Answer.NEEDS_ACTION or seen.answer is not answer:
        return before
    return executed(before, before.errand)


def _is_by_hand(known: Handled, seen: Occurrence) -> bool:
    if seen.answer is not Answer.NEEDS_ACTION:
        return seen.answer is not known.our_answer
    given = known.our_answer in GIVEN
    return given and known.errand is Errand.NONE and _is_same_plan(known, seen)


def _is_same_plan(known: Handled, seen: Occurrence) -> bool:
    return known.acted == seen.span and known.acted_sequence == seen.sequence


def _was_reset(known: Handled, seen: Occurrence) -> bool:
    return (
        seen.answer is Answer.NEEDS_ACTION
        and known.our_answer is not None
        and known.errand is Errand.NONE
    )


def _taken_back(known: Handled) -> Handled:
    """Nothing of what was done stands any more."""
    if known.state in ANSWERED:
        known = _assumed(known)
        errand = Errand.TAKE_BACK if known.our_answer in GIVEN else Errand.NONE
        return replace(known, state=Handling.LIFTED, acted=None, errand=errand)
    if known.state is Handling.FLAGGED:
        errand = Errand.UNMARK if known.is_marked else Errand.NONE
        return replace(known, state=Handling.NONE, acted=None, errand=errand)
    return known if known.state in SETTLED else replace(known, acted=None)


def _acted(known: Handled, seen: Occurrence, do: Do) -> Step:
    state, errand = STATE_OF[do], ERRAND_OF[do]
    if state is Handling.FLAGGED and known.our_answer in GIVEN:
        errand = Errand.TAKE_BACK
    elif errand is Errand.MARK and known.is_marked:
        errand = Errand.NONE
    handled = replace(
        known,
        state=state,
        errand=errand,
        acted=seen.span,
        acted_sequence=seen.sequence,
        resets=0,
    )
    # A series shows in many occurrences; who is told of it once is decided where all are seen.
    return Step(handled, tell_owner=do is not Do.MARK, tell_organizer=do is not Do.MARK)
