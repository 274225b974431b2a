"""One person's calendar takes only so much room, and what is given up is what takes the most."""

from dataclasses import replace

from bot.calendars.frames import Read
from bot.calendars.gathering import MOST_WEIGHT, OCCURRENCE_WEIGHT, Gathering
from bot.domain.invites import Occurrence, Unclear, Unreadable

ONE = Occurrence(
    object_id="/1.ics",
    etag='"7"',
    uid="1",
    recurrence_id="",
    series_at=0,
    start_at=0,
    end_at=3600,
    organizer="mal@x.example",
    title="Free",
)
HUNDRED = 100 * OCCURRENCE_WEIGHT


def of(object_id: str, count: int, guests: int = 0) -> Read:
    """A file with so many occurrences."""
    names = tuple(f"{number}@x.example" for number in range(guests))
    return Read((replace(ONE, object_id=object_id, attendees=names),) * count)


def test_what_is_read_is_kept() -> None:
    gathering = Gathering()
    unclear = Unreadable("/3.ics", "", Unclear.ZONE)
    for read in (of("/1.ics", 2), of("/2.ics", 1), Read(unreadable=(unclear,)), Read()):
        gathering.add(read)
    assert [each.object_id for each in gathering.read.occurrences] == ["/1.ics"] * 2 + ["/2.ics"]
    assert gathering.read.unreadable == (unclear,)


def test_the_heaviest_are_given_up_and_named() -> None:
    """However late the others come; and the owner hears whose invites they were."""
    gathering = Gathering()
    gathering.add(of("/before.ics", 8))
    for number in range(MOST_WEIGHT // HUNDRED + 5):
        gathering.add(of(f"/{number}.ics", 100))
    gathering.add(of("/after.ics", 60))
    found = gathering.read
    assert len(found.occurrences) * OCCURRENCE_WEIGHT <= MOST_WEIGHT
    assert len(found.unreadable) == 6
    assert {"/before.ics", "/after.ics"} <= {each.object_id for each in found.occurrences}
    assert {(each.why, each.uid, each.organizer, each.title) for each in found.unreadable} == {
        (Unclear.SIZE, "1", "mal@x.example", "Free")
    }


def test_names_weigh_as_well() -> None:
    gathering = Gathering()
    gathering.add(of("/one.ics", 10))
    gathering.add(of("/many.ics", 100, guests=MOST_WEIGHT // 100))
    assert {each.object_id for each in gathering.read.occurrences} == {"/one.ics"}
    assert [each.object_id for each in gathering.read.unreadable] == ["/many.ics"]
