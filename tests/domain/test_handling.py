"""What was done about an occurrence, over everything that can happen to it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.handling import (
    ANSWER_OF,
    UNTOUCHED,
    Errand,
    Handled,
    Handling,
    answered,
    begun,
    executed,
    next_step,
    not_possible,
    overtaken,
    settled,
    undone,
)
from bot.domain.handling import held as held_by_button
from bot.domain.invite_rules import Do
from bot.domain.invites import Answer, Occurrence
from bot.domain.spans import Span

EVENING = Span(1_761_500_000, 1_761_503_600)
NIGHT = Span(1_761_520_000, 1_761_523_600)
MORNING = Span(1_761_550_000, 1_761_553_600)


def seen(
    span: Span = EVENING, answer: Answer = Answer.NEEDS_ACTION, sequence: int = 0
) -> Occurrence:
    return Occurrence(
        object_id="/a.ics",
        etag="1",
        uid="a",
        recurrence_id="",
        series_at=span.start,
        start_at=span.start,
        end_at=span.end,
        answer=answer,
        sequence=sequence,
    )


def held(span: Span = EVENING) -> Handled:
    """Held, and the server was told."""
    return executed(next_step(UNTOUCHED, seen(span), Do.HOLD).handled, Errand.HOLD)


@pytest.mark.parametrize(
    ("do", "state", "errand", "told"),
    [
        (Do.LEAVE, Handling.NONE, Errand.NONE, False),
        (Do.KEEP, Handling.NONE, Errand.NONE, False),
        (Do.MARK, Handling.FLAGGED, Errand.MARK, False),
        (Do.FLAG, Handling.FLAGGED, Errand.MARK, True),
        (Do.HOLD, Handling.HELD, Errand.HOLD, True),
        (Do.DECLINE, Handling.DECLINED, Errand.DECLINE, True),
    ],
)
def test_an_invite_seen_for_the_first_time(do, state, errand, told):
    step = next_step(UNTOUCHED, seen(), do)
    assert (step.handled.state, step.handled.errand) == (state, errand)
    assert step.tell_owner is step.tell_organizer is told


@pytest.mark.parametrize("do", [Do.FLAG, Do.HOLD, Do.DECLINE])
def test_it_is_acted_on_once_for_the_same_time(do):
    once = next_step(UNTOUCHED, seen(), do).handled
    done = executed(once, once.errand)
    answer = done.our_answer or Answer.NEEDS_ACTION
    again = next_step(done, seen(answer=answer), do)
    assert again.handled == done
    assert not again.tell_owner


def test_moved_into_the_hours_the_answer_is_taken_back():
    step = next_step(held(), seen(MORNING, Answer.TENTATIVE, 1), Do.LEAVE)
    assert (step.handled.state, step.handled.errand) == (Handling.LIFTED, Errand.TAKE_BACK)


def test_moved_out_again_it_is_a_new_matter_even_at_the_old_time():
    lifted = next_step(held(), seen(MORNING, Answer.TENTATIVE, 1), Do.LEAVE).handled
    lifted = executed(lifted, Errand.TAKE_BACK)
    step = next_step(lifted, seen(EVENING, sequence=2), Do.HOLD)
    assert (step.handled.state, step.handled.errand, step.tell_organizer) == (
        Handling.HELD,
        Errand.HOLD,
        True,
    )


def test_moved_from_one_evening_to_another_it_is_answered_for_the_new_one():
    # One server resets the answer with a move, another keeps it: both are the same to us.
    for answer in (Answer.NEEDS_ACTION, Answer.TENTATIVE):
        step = next_step(held(), seen(NIGHT, answer, 1), Do.HOLD)
        assert (step.handled.acted, step.handled.errand) == (NIGHT, Errand.HOLD)
        assert step.tell_owner


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.DECLINED])
@pytest.mark.parametrize("do", list(Do))
def test_an_answer_by_hand_is_never_touched_again(answer, do):
    if do is Do.KEEP:
        return
    manual = next_step(held(), seen(answer=answer), Do.HOLD).handled
    assert manual.state is Handling.MANUAL
    assert manual.errand is Errand.NONE
    for span in (EVENING, NIGHT, MORNING):
        for now in Answer:
            assert next_step(manual, seen(span, now, 3), do).handled == manual


def test_answered_before_we_looked_it_is_the_owners():
    assert next_step(UNTOUCHED, seen(answer=Answer.ACCEPTED), Do.HOLD).handled.state is (
        Handling.MANUAL
    )


def test_an_answer_taken_back_by_hand_is_by_hand():
    step = next_step(held(), seen(answer=Answer.NEEDS_ACTION), Do.HOLD)
    assert step.handled.state is Handling.MANUAL


def test_an_answer_reset_by_another_revision_is_given_again_without_a_word():
    step = next_step(held(), seen(answer=Answer.NEEDS_ACTION, sequence=5), Do.HOLD)
    assert (step.handled.state, step.handled.errand) == (Handling.HELD, Errand.HOLD)
    assert not step.tell_owner


def test_an_answer_whose_receipt_was_lost_is_known_as_ours():
    under_way = begun(next_step(UNTOUCHED, seen(), Do.HOLD).handled)
    step = next_step(under_way, seen(answer=Answer.TENTATIVE), Do.HOLD)
    assert (step.handled.state, step.handled.our_answer) == (Handling.HELD, Answer.TENTATIVE)
    assert step.handled.errand is Errand.NONE


def test_undo_takes_the_answer_back_and_lasts_until_it_is_moved():
    before = undone(held())
    assert (before.state, before.errand) == (Handling.UNDONE, Errand.TAKE_BACK)
    done = executed(before, Errand.TAKE_BACK)
    assert next_step(done, seen(), Do.HOLD).handled == done
    assert next_step(done, seen(MORNING), Do.LEAVE).handled.state is Handling.UNDONE
    assert next_step(done, seen(NIGHT), Do.HOLD).handled.errand is Errand.HOLD


def test_undo_of_a_flag_takes_the_mark_away():
    marked = executed(next_step(UNTOUCHED, seen(), Do.FLAG).handled, Errand.MARK)
    assert undone(marked).errand is Errand.UNMARK


def test_what_was_found_is_left_alone_until_it_is_moved():
    found = settled(Handling.FOUND, EVENING)
    assert next_step(found, seen(), Do.HOLD).handled == found
    assert next_step(found, seen(NIGHT), Do.HOLD).handled.state is Handling.HELD


def test_what_a_server_cannot_do_stays_a_flag():
    handled = next_step(UNTOUCHED, seen(), Do.HOLD).handled
    assert not_possible(handled, Errand.HOLD) == replace(
        handled, state=Handling.FLAGGED, errand=Errand.NONE
    )


def test_answers_in_slack_are_the_owners_own():
    assert answered(held(), Errand.ACCEPT).state is Handling.MANUAL


def test_from_held_to_flag_the_answer_is_taken_back():
    step = next_step(held(), seen(NIGHT, Answer.TENTATIVE), Do.FLAG)
    assert (step.handled.state, step.handled.errand) == (Handling.FLAGGED, Errand.TAKE_BACK)


EVENTS = st.lists(
    st.one_of(
        st.sampled_from([("move", EVENING), ("move", NIGHT), ("move", MORNING)]),
        st.sampled_from([("edit",), ("visit",), ("errand",), ("lost",), ("undo",)]),
        st.sampled_from([("hand", Answer.ACCEPTED), ("hand", Answer.DECLINED)]),
    ),
    max_size=14,
)


class Town:
    """An organiser, a server of either habit, an owner and the bot, as they are told apart here."""

    def __init__(self, do: Do, *, resets: bool) -> None:
        self.do, self.resets = do, resets
        self.span, self.answer, self.sequence = EVENING, Answer.NEEDS_ACTION, 0
        self.handled = UNTOUCHED
        self.by_hand = False
        self.told: list[Span] = []

    def visit(self) -> None:
        inside = self.span == MORNING
        wanted = Do.LEAVE if inside else self.do
        step = next_step(self.handled, seen(self.span, self.answer, self.sequence), wanted)
        self.handled = step.handled
        if step.tell_owner:
            self.told.append(self.span)

    def errand(self, *, lost: bool = False) -> None:
        errand = self.handled.errand
        if errand is Errand.NONE:
            return
        if errand in ANSWER_OF:
            assert not self.by_hand, "an answer by hand was overwritten"
            self.answer = ANSWER_OF[errand]
            self.handled = begun(self.handled)
        if not lost:
            self.handled = executed(self.handled, errand)

    def happens(self, event: tuple) -> None:
        kind = event[0]
        if kind == "move" and event[1] != self.span:
            self.span, self.sequence = event[1], self.sequence + 1
            if self.resets and not self.by_hand:
                self.answer = Answer.NEEDS_ACTION
        elif kind == "edit":
            self.sequence += 1
            if self.resets and not self.by_hand:
                self.answer = Answer.NEEDS_ACTION
        elif kind == "hand" and (event[1], self.do) != (Answer.DECLINED, Do.DECLINE):
            # Where we decline, declining by hand cannot be told from it, and is what is wanted.
            self.answer, self.by_hand = event[1], True
            self.visit()  # a write with an old version is refused, so the bot looks first
        elif kind == "undo" and self.handled.state in {Handling.HELD, Handling.DECLINED}:
            self.handled = undone(self.handled)
        elif kind == "errand":
            self.visit()
            self.errand()
        elif kind == "lost":
            self.visit()
            self.errand(lost=True)
        elif kind == "visit":
            self.visit()


@given(EVENTS, st.sampled_from([Do.FLAG, Do.HOLD, Do.DECLINE]), st.booleans())
def test_whatever_happens_the_owner_is_told_once_a_time_and_their_own_answer_stands(
    events, do, resets
):
    town = Town(do, resets=resets)
    for event in events:
        before = len(town.told)
        town.happens(event)
        assert len(town.told) - before <= 1
    for _ in range(3):
        town.visit()
        town.errand()
    if town.by_hand:
        assert town.handled.state is Handling.MANUAL
    elif town.span == MORNING and not town.by_hand:
        assert town.answer is Answer.NEEDS_ACTION
        assert town.handled.state in {Handling.NONE, Handling.LIFTED, Handling.UNDONE}
    moves = sum(1 for event in events if event[0] == "move")
    assert len(town.told) <= moves + 1


def test_an_answer_in_slack_is_not_sent_for_another_time():
    pressed = answered(held(), Errand.ACCEPT)
    step = next_step(pressed, seen(NIGHT, sequence=1), Do.HOLD)
    assert (step.handled.state, step.handled.errand) == (Handling.HELD, Errand.HOLD)
    assert step.tell_owner


def test_an_answer_in_slack_does_not_overwrite_a_later_one_by_hand():
    pressed = answered(held(), Errand.ACCEPT)
    step = next_step(pressed, seen(answer=Answer.DECLINED), Do.HOLD)
    assert (step.handled.state, step.handled.errand) == (Handling.MANUAL, Errand.NONE)


def test_an_answer_in_slack_waits_as_long_as_nothing_else_happens():
    pressed = answered(held(), Errand.ACCEPT)
    assert next_step(pressed, seen(answer=Answer.TENTATIVE), Do.HOLD).handled == pressed


@pytest.mark.parametrize(
    ("do", "state", "errand"),
    [
        (Do.FLAG, Handling.FLAGGED, Errand.MARK),
        (Do.DECLINE, Handling.DECLINED, Errand.DECLINE),
        (Do.HOLD, Handling.HELD, Errand.HOLD),
        (Do.LEAVE, Handling.LIFTED, Errand.NONE),
    ],
)
def test_what_was_not_sent_yet_follows_a_change_of_mind(do, state, errand):
    pending = next_step(UNTOUCHED, seen(), Do.HOLD).handled
    after = next_step(pending, seen(), do).handled
    assert (after.state, after.errand) == (state, errand)


def test_what_may_have_been_sent_is_taken_back():
    tried = begun(next_step(UNTOUCHED, seen(), Do.HOLD).handled)
    assert undone(tried).errand is Errand.TAKE_BACK
    assert next_step(tried, seen(), Do.FLAG).handled.errand is Errand.TAKE_BACK


def test_the_owners_own_tentative_is_not_the_treatments_business():
    own = held_by_button(next_step(UNTOUCHED, seen(), Do.FLAG).handled)
    assert own.errand is Errand.TENTATIVE
    assert next_step(own, seen(), Do.FLAG).handled.errand is Errand.TENTATIVE


def test_a_server_that_asks_anew_after_each_answer_is_not_answered_for_ever():
    handled, answers = held(), 0
    for sequence in range(1, 10):
        handled = next_step(handled, seen(sequence=sequence), Do.HOLD).handled
        if handled.errand is Errand.HOLD:
            handled, answers = executed(handled, Errand.HOLD), answers + 1
    assert answers == 3
    assert handled.state is Handling.FLAGGED


@pytest.mark.parametrize(
    ("decided", "done", "expected"),
    [
        (undone(next_step(UNTOUCHED, seen(), Do.HOLD).handled), held(), Errand.TAKE_BACK),
        (
            undone(next_step(UNTOUCHED, seen(), Do.FLAG).handled),
            executed(next_step(UNTOUCHED, seen(), Do.FLAG).handled, Errand.MARK),
            Errand.UNMARK,
        ),
        (answered(held(), Errand.ACCEPT), held(), Errand.ACCEPT),
    ],
)
def test_undone_while_the_server_was_asked_it_is_undone_there_as_well(decided, done, expected):
    assert overtaken(decided, done).errand is expected


def test_what_still_stands_is_left_as_it_is():
    assert overtaken(held(), held()) == held()


def test_a_mark_that_is_there_is_not_made_again():
    marked = replace(next_step(UNTOUCHED, seen(), Do.HOLD).handled, is_marked=True)
    assert next_step(marked, seen(), Do.FLAG).handled.errand is Errand.NONE
    assert next_step(marked, seen(NIGHT), Do.FLAG).handled.errand is Errand.NONE
