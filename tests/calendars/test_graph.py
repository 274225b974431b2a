"""Microsoft Graph, where it differs from other calendars; `test_contract` has what is the same."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.calendars.base import Account, EventRef, HoursFound
from bot.calendars.graph import CAPABILITIES, MARK
from bot.calendars.graph_calls import MOST_PAGES
from bot.domain.invites import Answer, Occurrence, Unclear
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarRefused,
    CalendarResync,
    CalendarSignedOut,
    CalendarUnsupported,
)
from tests.calendars.graph_world import GraphWorld, opened
from tests.calendars.worlds import Invite

TZ = "Europe/Berlin"
BACK = "https://offhours.example.com/calendars/back"


def at(day: int, hour: int, month: int = 10) -> int:
    """An instant of 2026, in UTC."""
    return int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp())


def hour(day: int, start: int) -> Span:
    """One hour in October."""
    return Span(at(day, start), at(day, start + 1))


WINDOW = Span(at(1, 0), at(1, 0, 12))
EVENING, MORNING = hour(20, 17), hour(21, 8)
WEEKLY = Invite(EVENING, weeks=4)


@pytest.fixture
async def graph() -> AsyncIterator[GraphWorld]:
    """Ana's and Bo's mailboxes."""
    async with opened() as world:
        yield world


@pytest.fixture
def account(graph: GraphWorld) -> Account:
    """Ana's, as the bot opens it."""
    return graph.provider.account(graph.credentials)


async def synced(account: Account, token: str = "") -> tuple[list[Occurrence], str]:
    """Occurrences in order, and the token for what comes next."""
    changes = await account.sync(token, WINDOW, TZ)
    assert changes.unreadable == ()
    return sorted(changes.occurrences, key=lambda each: each.start_at), changes.token


async def only(account: Account) -> Occurrence:
    """The one occurrence there is."""
    (found,), _ = await synced(account)
    return found


def ref(event: Occurrence) -> EventRef:
    """What a call about it names."""
    return EventRef(event.object_id, event.etag, event.uid, event.recurrence_id)


# Reading


async def test_everything_comes_page_by_page(graph: GraphWorld, account: Account):
    for day in range(1, 8):
        await graph.invite(Invite(hour(day, 8)))
    graph.fake.page_size = 3
    changes = await account.sync("", WINDOW, TZ)
    assert (len(changes.occurrences), changes.pages) == (7, 3)
    await graph.move(changes.occurrences[6].uid, MORNING)
    assert [each.span for each in (await synced(account, changes.token))[0]] == [MORNING]


async def test_links_are_not_followed_to_somewhere_else(graph: GraphWorld, account: Account):
    """They would carry the access token there."""
    graph.fake.links_to = "https://graph.example.invalid/v1.0"
    with pytest.raises(CalendarAway):
        await account.sync("", WINDOW, TZ)


async def test_a_token_holds_no_host(account: Account):
    _, token = await synced(account)
    assert token.startswith("/me/calendarView/delta?$deltatoken=")


async def test_the_window_stays_that_of_the_full_sync(graph: GraphWorld, account: Account):
    await graph.invite(Invite(EVENING))
    (event,), token = await synced(account)
    await graph.move(event.uid, Span(at(20, 8, 12), at(20, 9, 12)))
    changes = await account.sync(token, WINDOW, TZ)
    assert (changes.occurrences, changes.removed) == ((), (event.object_id,))


async def test_a_series_is_answered_and_its_occurrences_follow(graph: GraphWorld, account: Account):
    """A delta then has the series alone, which says nothing of the occurrences."""
    uid = await graph.invite(WEEKLY)
    _, token = await synced(account)
    await graph.answer_by_hand(uid, Answer.ACCEPTED)
    found, _ = await synced(account, token)
    assert [each.answer for each in found] == [Answer.ACCEPTED] * 4


async def test_a_series_is_moved_and_its_plan_is_another(graph: GraphWorld, account: Account):
    uid = await graph.invite(WEEKLY)
    before, token = await synced(account)
    await graph.move(uid, hour(20, 8))
    after, _ = await synced(account, token)
    assert [each.start_at for each in after] == [at(20, 8), at(27, 9), at(3, 9, 11), at(10, 9, 11)]
    assert {each.series_at for each in before} == {EVENING.start}
    assert {each.series_at for each in after} == {at(20, 8)}
    assert {each.uid for each in (*before, *after)} == {uid}


async def test_an_exception_without_its_series_gets_the_uid_of_it(
    graph: GraphWorld, account: Account
):
    uid = await graph.invite(WEEKLY)
    before, token = await synced(account)
    await graph.move_one(uid, before[1].recurrence_id, MORNING)
    graph.fake.requests.clear()
    (moved,), _ = await synced(account, token)
    assert (moved.key, moved.object_id) == (before[1].key, before[1].object_id)
    assert (moved.span, moved.series_at) == (MORNING, MORNING.start)
    assert len([each for each in graph.fake.requests if "/me/events/" in each]) == 1


async def test_an_exception_that_keeps_its_time_keeps_its_plan(graph: GraphWorld, account: Account):
    await graph.invite(WEEKLY)
    before, _ = await synced(account)
    await account.respond(ref(before[2]), Answer.TENTATIVE, "Later")
    after, _ = await synced(account)
    assert {each.series_at for each in after} == {EVENING.start}


async def test_an_all_day_series_has_days_for_ids(graph: GraphWorld, account: Account):
    await graph.invite(Invite(Span(at(20, 0), at(21, 0)), weeks=2, is_all_day=True))
    found, _ = await synced(account)
    assert [each.recurrence_id for each in found] == ["20261020", "20261027"]
    assert found[0].span == Span(at(19, 22), at(20, 22)), "a day in Berlin"
    assert found[1].span == Span(at(26, 23), at(27, 23)), "after the clocks went back"


async def test_what_graph_says_of_an_event(graph: GraphWorld, account: Account):
    fake = graph.fake.exchange
    people = {"ana.sandbox@example.org": "optional", "cy@example.com": "required"}
    fake.mailboxes["ana.sandbox@example.org"] = graph.mine  # mail to the alias comes here
    start, end = (datetime.fromtimestamp(each, UTC) for each in EVENING)
    fake.invite(graph.organizer, {**people, "room@example.com": "resource"}, start, end)
    found = await only(account)
    assert found.attendees == ("ana.sandbox@example.org", "cy@example.com"), "a room is nobody"
    assert found.is_optional
    assert found.booked_at == int(datetime(2026, 9, 1, 8, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("show_as", "people", "is_transparent", "is_away"),
    [
        ("free", (), True, False),
        ("workingElsewhere", (), True, False),
        ("busy", (), False, False),
        ("oof", (), False, True),
        ("oof", ("bo@example.com",), False, False),  # an offsite is a meeting
    ],
)
async def test_what_is_shown_to_others(
    graph: GraphWorld, account: Account, show_as, people, is_transparent, is_away
):
    start, end = (datetime.fromtimestamp(each, UTC) for each in MORNING)
    attendees = dict.fromkeys(people, "required")
    graph.fake.exchange.invite(graph.owner, attendees, start, end, show_as=show_as)
    found = await only(account)
    assert (found.is_transparent, found.is_out_of_office) == (is_transparent, is_away)
    assert found.is_own
    assert found.organizer == (graph.owner if people else "")
    assert found.attendees == (("ana@example.com", "bo@example.com") if people else ())


# Answering


async def test_what_is_declined_leaves_the_calendar(graph: GraphWorld, account: Account):
    uid = await graph.invite(Invite(EVENING))
    (event,), token = await synced(account)
    await account.respond(ref(event), Answer.DECLINED, "Not in the evening")
    assert (await account.sync(token, WINDOW, TZ)).removed == (event.object_id,)
    with pytest.raises(CalendarRefused, match="gone"):
        await account.respond(ref(event), Answer.DECLINED, "Not in the evening")
    await graph.move(uid, MORNING)
    again = await only(account)
    assert (again.uid, again.answer) == (uid, Answer.NEEDS_ACTION), "and a new time is a new invite"


async def test_one_declined_occurrence_leaves_the_others(graph: GraphWorld, account: Account):
    await graph.invite(WEEKLY)
    before, token = await synced(account)
    await account.respond(ref(before[1]), Answer.DECLINED, "Not this time")
    assert (await account.sync(token, WINDOW, TZ)).removed == (before[1].object_id,)
    assert (await synced(account))[0] == [before[0], *before[2:]]


async def test_declined_meetings_are_kept_for_those_who_chose_so(
    graph: GraphWorld, account: Account
):
    graph.mine.keeps_declined = True
    await graph.invite(Invite(EVENING))
    await account.respond(ref(await only(account)), Answer.DECLINED)
    assert (await only(account)).answer is Answer.DECLINED


async def test_an_answer_may_be_followed_by_another(graph: GraphWorld, account: Account):
    uid = await graph.invite(Invite(EVENING))
    for answer, comment in ((Answer.TENTATIVE, "Later"), (Answer.TENTATIVE, "Tomorrow")):
        await account.respond(ref(await only(account)), answer, comment)
    assert (await graph.seen(uid)).comment == "Tomorrow"
    await account.respond(ref(await only(account)), Answer.ACCEPTED)
    assert (await graph.seen(uid)).answer is Answer.ACCEPTED


async def test_no_answer_is_no_answer_already(graph: GraphWorld, account: Account):
    await graph.invite(Invite(EVENING))
    await account.respond(ref(await only(account)), Answer.NEEDS_ACTION)
    assert await graph.told() == 0


async def test_an_organiser_who_allows_no_proposals_gets_none(graph: GraphWorld, account: Account):
    uid = await graph.invite(Invite(EVENING))
    graph.mine.of(uid).allows_proposals = False
    with pytest.raises(CalendarUnsupported, match="proposals"):
        await account.respond(ref(await only(account)), Answer.TENTATIVE, "", MORNING)
    assert await graph.told() == 0


async def test_a_proposal_refused_by_the_server_is_not_possible(
    graph: GraphWorld, account: Account
):
    """The organiser changes their mind between the look and the answer."""
    uid = await graph.invite(Invite(EVENING))
    known = ref(await only(account))
    graph.fake.before["POST"] = lambda: setattr(graph.mine.of(uid), "allows_proposals", False)
    with pytest.raises(CalendarUnsupported, match="proposals"):
        await account.respond(known, Answer.DECLINED, "", MORNING)
    assert await graph.told() == 0


async def test_accepting_goes_without_a_proposal(graph: GraphWorld, account: Account):
    await graph.invite(Invite(EVENING))
    with pytest.raises(CalendarUnsupported, match="proposals"):
        await account.respond(ref(await only(account)), Answer.ACCEPTED, "", MORNING)


async def test_an_organiser_who_wants_no_answers_is_told_none(graph: GraphWorld, account: Account):
    uid = await graph.invite(Invite(EVENING))
    graph.mine.of(uid).asks_response = False
    await account.respond(ref(await only(account)), Answer.TENTATIVE, "Later")
    assert (await only(account)).answer is Answer.TENTATIVE
    assert await graph.told() == 0


async def test_what_was_called_off_is_not_answered(graph: GraphWorld, account: Account):
    uid = await graph.invite(Invite(EVENING))
    known = ref(await only(account))
    await graph.cancel(uid)
    with pytest.raises(CalendarConflict):
        await account.respond(known, Answer.TENTATIVE, "Later")
    assert (await only(account)).is_cancelled


async def test_the_same_answer_by_hand_is_not_given_twice(graph: GraphWorld, account: Account):
    uid = await graph.invite(Invite(EVENING))
    known = ref(await only(account))
    await graph.answer_by_hand(uid, Answer.TENTATIVE)
    await account.respond(known, Answer.TENTATIVE, "Later")
    assert [mail.comment for mail in graph.theirs.mails] == [""]


async def test_an_etag_of_somebody_else_is_a_conflict(graph: GraphWorld, account: Account):
    await graph.invite(Invite(EVENING))
    known = ref(await only(account))
    with pytest.raises(CalendarConflict):
        await account.respond(
            EventRef(known.object_id, "another", known.uid), Answer.TENTATIVE, "Later"
        )


async def test_a_mark_on_what_changed_at_that_moment_is_a_conflict(
    graph: GraphWorld, account: Account
):
    uid = await graph.invite(Invite(EVENING))
    known = ref(await only(account))
    start, end = (datetime.fromtimestamp(each, UTC) for each in MORNING)
    graph.fake.before["PATCH"] = lambda: graph.fake.exchange.move(uid, start, end)
    with pytest.raises(CalendarConflict):
        await account.mark(known, "outside hours")
    assert await graph.mark_of(uid) == ""


async def test_one_occurrence_is_marked_by_itself(graph: GraphWorld, account: Account):
    uid = await graph.invite(WEEKLY)
    found, _ = await synced(account)
    await account.mark(ref(found[1]), "outside hours")
    parts = graph.mine.of(uid).parts
    assert {key: part.properties.get(MARK) for key, part in parts.items()} == {
        "": None,
        found[1].recurrence_id: "outside hours",
    }


async def test_neither_series_nor_whole_days_are_moved(graph: GraphWorld, account: Account):
    fake = graph.fake.exchange
    start = datetime(2026, 10, 20, tzinfo=UTC)
    for fields in ({"weeks": 3}, {"is_all_day": True}):
        uid = fake.invite(graph.owner, {}, start, start + timedelta(days=1), **fields)
        found, _ = await synced(account)
        with pytest.raises(CalendarUnsupported, match="moves"):
            await account.move(ref(found[0]), MORNING)
        fake.delete(graph.owner, uid)


# Faults


@pytest.mark.parametrize(
    ("status", "code", "fault", "said"),
    [
        (401, "InvalidAuthenticationToken", CalendarSignedOut, ""),
        (403, "ErrorAccessDenied", CalendarRefused, "forbidden"),
        (404, "MailboxNotEnabledForRESTAPI", CalendarRefused, "no_mailbox"),
        (404, "ErrorItemNotFound", CalendarRefused, "gone"),
        (409, "ErrorConflict", CalendarConflict, ""),
        (412, "ErrorIrresolvableConflict", CalendarConflict, ""),
        (410, "anything", CalendarResync, ""),
        (400, "SyncStateNotFound", CalendarResync, ""),
        (400, "resyncRequired", CalendarResync, ""),
        (400, "ErrorInvalidRequest", CalendarRefused, "refused"),
        (302, "", CalendarRefused, "refused"),
    ],
)
async def test_what_a_refusal_means(graph: GraphWorld, account: Account, status, code, fault, said):
    graph.fake.faults.append((status, code))
    with pytest.raises(fault) as caught:
        await account.sync("", WINDOW, TZ)
    assert getattr(caught.value, "code", "") == said


@pytest.mark.parametrize("status", [429, 503, 504])
async def test_graph_says_how_long_to_wait(graph: GraphWorld, account: Account, status):
    graph.fake.faults.append((status, "TooManyRequests"))
    with pytest.raises(CalendarAway) as caught:
        await account.hours()
    assert caught.value.retry_after_s == 7


@pytest.mark.parametrize("status", [200, 201])
async def test_a_page_for_people_is_no_answer(graph: GraphWorld, account: Account, status):
    graph.fake.faults.append((status, ""))
    with pytest.raises(CalendarAway):
        await account.sync("", WINDOW, TZ)


async def test_a_list_without_an_end_is_given_up(graph: GraphWorld, account: Account):
    for day in range(1, 5):
        await graph.invite(Invite(hour(day, 8)))
    graph.fake.page_size = 0
    with pytest.raises(CalendarAway):
        await account.sync("", WINDOW, TZ)
    assert len(graph.fake.requests) == MOST_PAGES


async def test_times_in_a_zone_nobody_knows_are_shown_as_unclear(
    graph: GraphWorld, account: Account
):
    """Graph may ignore the wish for UTC; nothing is then done on a guess."""
    await graph.invite(Invite(EVENING))
    known = ref(await only(account))
    graph.fake.zone = "Customized Time Zone"
    changes = await account.sync("", WINDOW, TZ)
    assert changes.occurrences == ()
    assert [(each.object_id, each.why, each.organizer) for each in changes.unreadable] == [
        (known.object_id, Unclear.ZONE, graph.organizer)
    ]
    with pytest.raises(CalendarConflict):
        await account.respond(known, Answer.TENTATIVE, "Later")
    assert await graph.told() == 0


async def test_a_series_that_goes_while_it_is_read_is_gone(graph: GraphWorld, account: Account):
    uid = await graph.invite(WEEKLY)
    before, token = await synced(account)
    start, end = (datetime.fromtimestamp(each, UTC) for each in hour(27, 8))
    graph.mine.of(uid).parts[""] = replace(graph.mine.of(uid).parts[""], start=start, end=end)
    graph.fake.before["GET"] = lambda: graph.fake.before.update(
        GET=lambda: graph.fake.exchange.delete(graph.owner, uid)
    )
    changes = await account.sync(token, WINDOW, TZ)
    assert changes.occurrences == ()
    assert {each.object_id for each in before} < set(changes.removed)


# Hours


async def test_working_hours_are_a_suggestion_in_the_person_s_zone(account: Account):
    assert await account.hours() == HoursFound("Mon–Fri 08:00–17:00", "Europe/Berlin", "graph")


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"timeZone": {"name": "Customized Time Zone"}}, ("Mon–Fri 08:00–17:00", "")),
        ({"timeZone": {"name": "Pacific/Auckland"}}, ("Mon–Fri 08:00–17:00", "Pacific/Auckland")),
        ({"timeZone": None}, ("Mon–Fri 08:00–17:00", "")),
        (
            {"daysOfWeek": ["sunday", "thursday"], "startTime": "22:00:00", "endTime": "06:00:00"},
            ("Thu, Sun 22:00–06:00", "Europe/Berlin"),
        ),
        ({"endTime": "00:00:00.0000000"}, ("Mon–Fri 08:00–24:00", "Europe/Berlin")),
        ({"daysOfWeek": []}, None),
        ({"startTime": None}, None),
        ({"startTime": "at dawn"}, None),
    ],
)
async def test_working_hours_as_mailboxes_have_them(
    graph: GraphWorld, account: Account, changed, found
):
    graph.mine.working_hours |= changed
    expected = HoursFound(*found, "graph") if found else None
    assert await account.hours() == expected
    graph.fake.violations.clear()  # the hours that break the contract are the point


def test_what_graph_can_do():
    assert not CAPABILITIES.takes_back
    assert CAPABILITIES.proposals
    assert CAPABILITIES.occurrence_replies
