"""The model of the state machine can tell right from wrong, and its oracle reads clocks right."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.scenarios import walls
from tests.scenarios.model import (
    CHECKS,
    Copy,
    Delivery,
    Ledger,
    Posted,
    Reminder,
    Seen,
    Text,
    complaints,
)
from tests.scenarios.walls import Hours

ANA, BO, BOT = "UANA", "UBO", "UBOT"
ROOM = frozenset({ANA, BO, BOT})
DM, BOS_DM = frozenset({ANA, BOT}), frozenset({BO, BOT})
NIGHT, OPENING = 1_792_786_440, 1_793_001_600
FLAGGED, CAPPED = ("C1", "1792786440.000000"), ("C1", "1792786440.000001")
HELD = {
    "state": "held",
    "origin": "later",
    "channel_id": None,
    "source_ts": None,
    "due_at": OPENING,
    "returned_code": "",
    "looked_in_vain": False,
    "has_text": True,
}
RELEASED = HELD | {"state": "released", "has_text": False}


def posted(place):
    return Posted(place, BO, NIGHT, frozenset({ANA}), {ANA}, set(), OPENING, heard=True)


def sound():
    """One hold that waits, one that was delivered, a reminder, and two flagged messages."""
    ledger = Ledger(
        posted={place: posted(place) for place in (FLAGGED, CAPPED)},
        texts=[
            Text("word1", BO, FLAGGED),
            Text("word2", BO, CAPPED),
            Text("word3", BO, hold_id="h3", recipient_ids=(ANA,)),
            Text("word4", BO, hold_id="h4", recipient_ids=(ANA,)),
        ],
        reminders=[Reminder("h5", ANA, "p1")],
        deliveries=[
            Delivery("word4", OPENING, DM, frozenset({ANA}), frozenset({ANA})),
            Delivery("wrote to you p1", OPENING, DM, frozenset({ANA}), frozenset({ANA})),
        ],
        dead=["word0"],
    )
    seen = Seen(
        now=OPENING,
        bot_id=BOT,
        copies=(
            Copy("word1", ROOM, by_app=False),
            Copy("word2", ROOM, by_app=False),
            Copy("word4", DM, by_app=True),
            Copy("wrote to you p1", DM, by_app=True),
        ),
        holds={
            "h3": HELD | {"due_at": OPENING + 86_400},
            "h4": RELEASED,
            "h5": RELEASED | {"origin": "reminder"},
        },
        notices={FLAGGED: "sent", CAPPED: "capped"},
        contacts={(*FLAGGED, ANA): "breach", (*CAPPED, ANA): "breach", ("held", "h3", ANA): "held"},
        accepted=frozenset({FLAGGED}),
        working=frozenset({BO}),
        calm=True,
    )
    return ledger, seen


def held(seen, hold_id, **values):
    """The same with another row."""
    return replace(seen, holds={**seen.holds, hold_id: {**seen.holds[hold_id], **values}})


def copied(seen, words, members=DM):
    """The same with one more message of the app."""
    return replace(seen, copies=(*seen.copies, Copy(words, members, by_app=True)))


def removed(seen, words):
    """The same without a message."""
    return replace(seen, copies=tuple(c for c in seen.copies if words not in c.words))


def at_night(ledger, words, members=DM, enrolled=(ANA,)):
    """One more delivery, while nobody works."""
    ledger.deliveries.append(Delivery(words, NIGHT, members, frozenset(), frozenset(enrolled)))


WRONG = [
    # what goes wrong, and what is said of it
    (lambda _, seen: removed(seen, "word1"), "word1 (not held): 0 copies"),  # lost from a room
    (lambda _, seen: removed(seen, "word4"), "word4 (released): 0 copies"),  # lost on its way
    (lambda _, seen: copied(seen, "word4"), "word4 (released): 2 copies"),  # delivered twice
    (lambda _, seen: copied(seen, "word3"), "word3 (held): 1 copies"),  # delivered and still held
    (lambda _, seen: copied(seen, "word0"), "word0 was delivered although"),  # before an edit
    (lambda _, seen: replace(seen, holds={}), "hold h3 is gone"),
    (lambda _, seen: copied(removed(seen, "word4"), "word4", BOS_DM), "was posted where"),
    (lambda _, seen: held(seen, "h3", state="cancelled", has_text=False), "cancelled by nobody"),
    (lambda _, seen: held(seen, "h4", has_text=True), "kept too long"),
    (lambda _, seen: held(seen, "h3", has_text=False), "or lost"),
    (lambda ledger, _: ledger.reminders.clear(), "asked for by nobody"),
    (lambda _, seen: copied(seen, "wrote to you p1"), "came 2 times"),
    (lambda _, seen: removed(seen, "wrote to you"), "came 0 times"),
    (lambda ledger, _: at_night(ledger, "word4"), "when nobody worked"),
    (lambda ledger, _: at_night(ledger, "wrote to you p1"), "outside hours"),
    (lambda ledger, _: at_night(ledger, "word4"), "reached UANA"),  # and was not counted
    (lambda _, seen: held(seen, "h3", due_at=NIGHT, returned_code="is_archived"), "is late"),
    (lambda _, seen: replace(seen, working=frozenset({ANA})), "word3 (held) is late"),
    (lambda _, seen: held(seen, "h3", state="taking_back"), "word3 (taking_back) is late"),
    (lambda _, seen: held(seen, "h5", state="held", due_at=NIGHT), "came 1 times"),
    (lambda _, seen: replace(seen, contacts={}), "uncounted"),
    (lambda ledger, _: ledger.posted.pop(CAPPED), "whom it did not reach so"),
    (lambda _, seen: replace(seen, accepted=frozenset()), "without a flag: sent"),
    (lambda _, seen: replace(seen, notices={}), "without a flag: None"),
    (lambda _, seen: replace(seen, notices={FLAGGED: "sent", CAPPED: "refused"}), "flag: refused"),
    (lambda _, seen: replace(seen, notices={FLAGGED: "sent", CAPPED: "due"}), "flag: due"),
    (lambda ledger, _: ledger.posted[FLAGGED].outside.clear(), "reached nobody outside"),
    (lambda ledger, _: setattr(ledger.posted[FLAGGED], "until_at", NIGHT), "flag: capped"),
]


def test_what_is_as_it_must_be_is_not_complained_of():
    assert complaints(*sound()) == []


@pytest.mark.parametrize(("change", "complaint"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_wrong_is_complained_of(change, complaint):
    ledger, seen = sound()
    changed = change(ledger, seen)
    said = complaints(ledger, changed if isinstance(changed, Seen) else seen)
    assert any(complaint in each for each in said), said


def test_an_author_is_not_flagged_twice_in_one_quiet_period():
    ledger, seen = sound()
    ledger.posted[CAPPED].at += 60
    said = complaints(ledger, replace(seen, accepted=frozenset({FLAGGED, CAPPED})))
    assert said == [f"{BO} heard of {CAPPED} while {FLAGGED} held"]


def test_an_author_hears_at_most_six_flags_a_day():
    ledger, seen = sound()
    places = [("C2", f"{NIGHT}.{number:06}") for number in range(6)]
    ledger.posted |= {place: posted(place) for place in places}
    seen = replace(
        seen,
        contacts={**seen.contacts, **{(*place, ANA): "breach" for place in places}},
        accepted=frozenset({FLAGGED, *places}),
    )
    assert complaints(ledger, seen) == [f"{BO} heard 7 flags on 2026-10-23"]


def test_a_later_message_may_be_excused_for_what_its_author_did_before():
    for excuse in ("urgent", "unwanted"):
        ledger, seen = sound()
        ledger.posted[FLAGGED].until_at = NIGHT
        if excuse == "urgent":
            ledger.urgent[BO, ANA] = NIGHT
        else:
            ledger.unwanted.add((BO, ANA))
        assert complaints(ledger, seen) == []


def test_every_check_is_shown_to_complain():
    shown = set()
    for change, _ in WRONG:
        ledger, seen = sound()
        changed = change(ledger, seen)
        seen = changed if isinstance(changed, Seen) else seen
        if seen.holds:
            shown |= {check for check in CHECKS if list(check(ledger, seen))}
    assert shown == set(CHECKS)


def at(tz, *wall, fold=0):
    return int(datetime(*wall, tzinfo=walls.ZoneInfo(tz), fold=fold).timestamp())


@pytest.mark.parametrize(
    ("hours", "wall", "expected"),
    [
        # the hazard of each row is in its wall time
        (Hours("Europe/Vienna", walls.OFFICE), (2026, 10, 26, 9, 0), "working"),  # after a change
        (Hours("Europe/Vienna", walls.OFFICE), (2026, 10, 26, 8, 59), "off"),
        (Hours("Europe/Vienna", walls.OFFICE), (2026, 10, 26, 17, 0), "off"),  # ends are open
        (Hours("Europe/Vienna", walls.SPLIT), (2026, 10, 26, 12, 30), "off"),  # between the two
        (Hours("Europe/Vienna", walls.NIGHTS), (2026, 10, 23, 5, 59), "working"),  # of Thursday
        (Hours("Europe/Vienna", walls.NIGHTS), (2026, 10, 24, 5, 59), "off"),  # Friday has none
        (Hours("Europe/Vienna", walls.EVERY_NIGHT), (2026, 10, 25, 2, 30), "working"),  # twice
        (
            Hours("Europe/Vienna", walls.OFFICE, days_off=frozenset({date(2026, 10, 26)})),
            (2026, 10, 26, 10, 0),
            "off",
        ),
        (
            Hours("Europe/Vienna", walls.NIGHTS, days_off=frozenset({date(2026, 10, 23)})),
            (2026, 10, 23, 2, 0),
            "working",  # the shift of the day before is finished
        ),
        (
            Hours("Europe/Vienna", walls.OFFICE, quiet=frozenset({(720, 780)})),
            (2026, 10, 26, 12, 59),
            "quiet",
        ),
    ],
)
def test_the_oracle_reads_the_wall_clock(hours, wall, expected):
    assert walls.state(hours, at(hours.tz, *wall)) == expected


def test_the_oracle_finds_the_opening_across_the_clock_change():
    hours = Hours("Europe/Vienna", walls.OFFICE)
    friday = int(datetime(2026, 10, 23, 20, 14, tzinfo=UTC).timestamp())
    monday = int(datetime(2026, 10, 26, 8, 0, tzinfo=UTC).timestamp())
    assert walls.next_open(hours, friday) == monday


@pytest.mark.parametrize(
    ("minutes", "outside"), [(-16, True), (-15, False), (0, False), (479, False), (494, False), (495, True)]
)  # fmt: skip
def test_the_oracle_lets_a_quarter_of_an_hour_pass(minutes, outside):
    hours = Hours("Europe/Vienna", walls.OFFICE)
    opening = at("Europe/Vienna", 2026, 10, 27, 9, 0)
    assert walls.outside(hours, opening + minutes * 60) is outside
