"""Reading calendars of servers that differ from one another, and of some that mean harm."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from bot.calendars import caldav, transport
from bot.calendars.base import Credentials, EventRef
from bot.calendars.caldav import CalDav, CalDavAccount
from bot.calendars.readers import Readers
from bot.calendars.transport import Transport
from bot.domain.invites import Answer, Unclear
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarRefused,
    CalendarResync,
    CalendarUnsupported,
)
from tests.calendars.odd_dav import CALENDAR, OddServer, event

pytestmark = pytest.mark.asyncio(loop_scope="session")

WINDOW = Span(*(int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (10, 11)))
TZ = "Europe/Berlin"


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[OddServer]:
    """An ordinary server, to be made odd."""
    async with OddServer().running() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def account(server: OddServer, readers: Readers) -> AsyncIterator[CalDavAccount]:
    """Ana's calendar on it."""
    sessions = Transport(allow_private=True)
    credentials = Credentials(
        address="ana@example.com", secret="right", username="ana", url=server.url + CALENDAR
    )
    yield CalDav(sessions, readers).account(credentials)
    await sessions.close()


async def uids(account: CalDavAccount, token: str = "") -> tuple[set[str], str]:
    """What a sync reads, and its token."""
    found = await account.sync(token, WINDOW, TZ)
    return {each.uid for each in found.occurrences}, found.token


@pytest.mark.parametrize("oddity", [{}, {"tells_data": False}, {"absolute": True}, {"weak": True}])
async def test_a_calendar_is_read_and_kept_up(
    server: OddServer, account: CalDavAccount, oddity: dict[str, bool]
):
    vars(server).update(oddity)
    for number in range(250):
        server.put(f"{number}.ics", event(number))
    found, token = await uids(account)
    assert len(found) == 250
    server.put("7.ics", event(7))
    server.put("new.ics", event(900))
    server.delete("8.ics")
    changes = await account.sync(token, WINDOW, TZ)
    assert {each.uid for each in changes.occurrences} == {"7", "900"}
    assert changes.removed == (CALENDAR + "8.ics",)
    assert not changes.is_full


async def test_a_full_sync_is_two_calls(server: OddServer, account: CalDavAccount):
    for number in range(120):
        server.put(f"{number}.ics", event(number))
    await uids(account)
    assert server.kinds() == ["propfind", "calendar-query"]


async def test_a_name_is_the_same_in_any_spelling(server: OddServer, account: CalDavAccount):
    """The query spells a name in one way, later reports in others."""
    server.put("a%20%62%C3%BC%2f@1.ics", event(1))
    changes = await account.sync("", WINDOW, TZ)
    assert changes.occurrences[0].object_id == CALENDAR + "a%20b%C3%BC%2F@1.ics"
    server.objects.clear()
    server.log.append(CALENDAR + "a%20b%c3%bc%2F%401.ics")
    assert (await account.sync(changes.token, WINDOW, TZ)).removed == (
        changes.occurrences[0].object_id,
    )


@pytest.mark.parametrize(
    "stranger",
    [
        "https://evil.example/x.ics",
        "//evil.example/x.ics",
        "/dav/bo/work/x.ics",
        "/dav/ana/work/sub/",
        "../x.ics",
        "",
        "https://[/x.ics",
    ],
)
async def test_what_lies_elsewhere_is_not_followed(
    server: OddServer, account: CalDavAccount, stranger: str
):
    server.put("1.ics", event(1))
    server.strangers = (stranger,)
    found, token = await uids(account)
    assert found == {"1"}
    assert await uids(account, token) == (set(), token)
    assert "calendar-multiget" not in server.kinds()


@pytest.mark.parametrize("status", [403, 409, 410, 412, 400])
async def test_a_token_that_is_not_accepted_asks_for_everything(
    server: OddServer, account: CalDavAccount, status: int
):
    _, token = await uids(account)
    server.sync_status = status
    with pytest.raises(CalendarResync):
        await account.sync(token, WINDOW, TZ)


@pytest.mark.parametrize("token", ["", "old", "sync", "tags"])
async def test_only_a_token_of_ours_is_sent(server: OddServer, account: CalDavAccount, token: str):
    if token:
        with pytest.raises(CalendarResync):
            await account.sync(token, WINDOW, TZ)
        assert server.requests == []
    else:
        assert (await account.sync(token, WINDOW, TZ)).is_full


async def test_an_answer_cut_short_is_asked_on(server: OddServer, account: CalDavAccount):
    _, token = await uids(account)
    for number in range(25):
        server.put(f"{number}.ics", event(number))
    server.page = 10
    changes = await account.sync(token, WINDOW, TZ)
    assert (len(changes.occurrences), changes.pages) == (25, 3)
    assert server.kinds().count("sync-collection") == 3


async def test_a_server_without_sync_tokens_is_compared(server: OddServer, account: CalDavAccount):
    server.has_sync = False
    server.put("1.ics", event(1))
    found, token = await uids(account)
    assert found == {"1"}
    same = await account.sync(token, WINDOW, TZ)
    assert (same.occurrences, same.is_full, same.token) == ((), False, token)
    server.put("2.ics", event(2))
    changed = await account.sync(token, WINDOW, TZ)
    assert {each.uid for each in changed.occurrences} == {"1", "2"}
    assert changed.is_full
    assert changed.token != token


async def test_what_is_gone_between_two_calls_is_removed(server: OddServer, account: CalDavAccount):
    server.tells_data = False
    _, token = await uids(account)
    server.put("1.ics", event(1))
    server.put("2.ics", event(2))
    server.vanishing = ("1.ics",)
    changes = await account.sync(token, WINDOW, TZ)
    assert changes.removed == (CALENDAR + "1.ics",)
    assert {each.uid for each in changes.occurrences} == {"2"}


async def test_what_leaves_the_window_is_removed(server: OddServer, account: CalDavAccount):
    server.put("1.ics", event(1))
    server.put("2.ics", event(2))
    _, token = await uids(account)
    server.put("1.ics", event(1).replace("202610", "202703"))
    ended = "RRULE:FREQ=WEEKLY;UNTIL=20260901T000000Z\r\nSUMMARY"
    server.put("2.ics", event(2).replace("202610", "202601").replace("SUMMARY", ended))
    changes = await account.sync(token, WINDOW, TZ)
    assert changes.occurrences == ()
    assert changes.removed == (CALENDAR + "1.ics", CALENDAR + "2.ics")


async def test_a_query_cut_short_is_asked_in_halves(server: OddServer, account: CalDavAccount):
    """31 days with a day on either side, then 15 and a half."""
    for number in range(3):
        server.put(f"{number}.ics", event(number))
    server.longest_days = 20
    changes = await account.sync("", WINDOW, TZ)
    assert {each.uid for each in changes.occurrences} == {"0", "1", "2"}
    assert (server.kinds().count("calendar-query"), changes.pages) == (3, 4)


async def test_a_query_always_cut_short_is_no_full_sync(server: OddServer, account: CalDavAccount):
    for number in range(3):
        server.put(f"{number}.ics", event(number))
    server.longest_days = 2
    with pytest.raises(CalendarAway):
        await account.sync("", WINDOW, TZ)


async def test_what_is_not_handed_over_is_not_gone(server: OddServer, account: CalDavAccount):
    server.tells_data = False
    _, token = await uids(account)
    server.put("1.ics", event(1))
    server.put("2.ics", event(2))
    server.unavailable = ("1.ics",)
    for each in (token, ""):
        with pytest.raises(CalendarAway):
            await account.sync(each, WINDOW, TZ)
    server.unavailable = ()
    assert (await uids(account, token))[0] == {"1", "2"}


@pytest.mark.parametrize(("most", "calls"), [(2, 3), (1, 5)])
async def test_what_is_missing_in_an_answer_is_asked_for_again(
    server: OddServer, account: CalDavAccount, most: int, calls: int
):
    server.tells_data, server.most = False, most
    for number in range(5):
        server.put(f"{number}.ics", event(number))
    changes = await account.sync("", WINDOW, TZ)
    assert {each.uid for each in changes.occurrences} == {"0", "1", "2", "3", "4"}
    assert server.kinds().count("calendar-multiget") == calls


async def test_a_server_that_answers_nothing_is_not_asked_for_ever(
    server: OddServer, account: CalDavAccount
):
    server.tells_data, server.most = False, 0
    server.put("1.ics", event(1))
    with pytest.raises(CalendarAway):
        await account.sync("", WINDOW, TZ)


async def test_what_has_no_text_is_no_event(server: OddServer, account: CalDavAccount):
    server.tells_data, server.textless = False, ("readme.txt",)
    server.put("readme.txt", "x")
    server.put("1.ics", event(1))
    found, _ = await uids(account)
    assert found == {"1"}


async def test_one_event_too_large_does_not_hide_the_others(
    server: OddServer, account: CalDavAccount
):
    for number in range(6):
        server.put(f"{number}.ics", event(number))
    server.put("bomb.ics", event(99, size=transport.MOST_BYTES))
    changes = await account.sync("", WINDOW, TZ)
    assert {each.uid for each in changes.occurrences} == {str(number) for number in range(6)}
    assert [(each.object_id, each.why) for each in changes.unreadable] == [
        (CALENDAR + "bomb.ics", Unclear.SIZE)
    ]


async def test_changes_too_large_for_one_answer_are_read_anew(
    server: OddServer, account: CalDavAccount
):
    _, token = await uids(account)
    server.put("bomb.ics", event(99, size=transport.MOST_BYTES))
    with pytest.raises(CalendarResync):
        await account.sync(token, WINDOW, TZ)


async def test_many_answers_are_no_larger_together_than_one(
    server: OddServer, account: CalDavAccount
):
    """However often a server cuts its answer short; what is held meanwhile has an end."""
    _, token = await uids(account)
    for number in range(5):
        server.put(f"{number}.ics", event(number, size=transport.MOST_BYTES // 4))
    server.page = 1
    with pytest.raises(CalendarResync):
        await account.sync(token, WINDOW, TZ)
    assert server.kinds().count("sync-collection") == 4


async def test_halves_are_no_larger_together_than_one_answer(
    server: OddServer, account: CalDavAccount
):
    """The server knows nothing of time: both halves have everything, and are asked for anew."""
    for number in range(3):
        server.put(f"{number}.ics", event(number, size=transport.MOST_BYTES // 4))
    server.longest_days = 20
    changes = await account.sync("", WINDOW, TZ)
    assert [each.why for each in changes.unreadable] == [Unclear.SIZE] * 3
    assert server.kinds().count("calendar-query") == 2 * 3
    assert server.kinds().count("calendar-multiget") == 1


async def test_a_calendar_that_is_gone_is_refused(server: OddServer, readers: Readers):
    sessions = Transport(allow_private=True)
    credentials = Credentials(
        address="ana@example.com", secret="right", url=f"{server.url}/no/such/"
    )
    with pytest.raises(CalendarRefused) as caught:
        await CalDav(sessions, readers).account(credentials).sync("", WINDOW, TZ)
    await sessions.close()
    assert caught.value.code == "gone"


async def test_an_event_without_text_is_no_trouble(server: OddServer, account: CalDavAccount):
    server.put("1.ics", "")
    server.put("2.ics", event(2))
    found, _ = await uids(account)
    assert found == {"2"}


def ref(number: int, version: int) -> EventRef:
    """The event as it was read."""
    return EventRef(f"{CALENDAR}{number}.ics", f'"{version}"', str(number))


async def test_an_answer_is_written_over_the_version_that_was_read(
    server: OddServer, account: CalDavAccount
):
    server.weak = True
    server.put("1.ics", event(1))
    await account.respond(ref(1, 1), Answer.TENTATIVE, "Later")
    text, version = server.objects[CALENDAR + "1.ics"]
    assert version == 2
    assert "PARTSTAT=TENTATIVE" in text


CAPABLE = "<d:error xmlns:d='DAV:' xmlns:c='urn:ietf:params:xml:ns:caldav'><c:attendee-allowed/></d:error>"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (412, "", CalendarConflict),
        (412, "<html/>", CalendarConflict),
        (412, CAPABLE, CalendarRefused),
        (403, CAPABLE, CalendarRefused),
        (404, "", CalendarRefused),
        (413, "", CalendarRefused),
        (423, "", CalendarAway),
        (302, "", CalendarAway),
        (500, "", CalendarAway),
    ],
)
async def test_why_an_answer_was_not_written(
    server: OddServer, account: CalDavAccount, status: int, body: str, error: type[Exception]
):
    server.put("1.ics", event(1))
    server.put_answer = (status, body)
    with pytest.raises(error):
        await account.respond(ref(1, 1), Answer.TENTATIVE, "Later")


async def test_another_time_cannot_be_proposed_and_nobody_is_asked(
    server: OddServer, account: CalDavAccount
):
    with pytest.raises(CalendarUnsupported):
        await account.respond(ref(1, 1), Answer.DECLINED, "", WINDOW)
    assert server.requests == []


async def test_batches_are_as_many_as_are_needed(server: OddServer, account: CalDavAccount):
    server.tells_data = False
    for number in range(2 * caldav.BATCH + 1):
        server.put(f"{number}.ics", event(number))
    changes = await account.sync("", WINDOW, TZ)
    assert len(changes.occurrences) == 2 * caldav.BATCH + 1
    assert server.kinds().count("calendar-multiget") == 3
    assert changes.pages == 5
