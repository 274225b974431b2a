"""`/boundaries calendar`, its part of the Home tab, and the window that asks for a password."""

import asyncio
from datetime import timedelta

import pytest

from bot.calendars.base import Providers
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.errors import CalendarAway
from bot.slack import calendars as listeners
from bot.words import calendars as words
from sandbox.calendars import Proxy, server
from tests.calendars.memory import SECRET, MemoryServer
from tests.calendars.offices import memory_office, offer
from tests.conftest import FRIDAY_NIGHT, enrolled, opened

pytestmark = pytest.mark.slow

NOW = int(FRIDAY_NIGHT.timestamp())
HOUR = 3_600

FILLED = {"address": "dav.example.com", "username": "ana@example.com", "password": SECRET}


def at(day, hour):
    """An instant so many days after that Friday, at this hour in Vienna's winter time."""
    midnight = NOW - (NOW + 2 * HOUR) % 86_400
    return midnight + day * 86_400 + hour * HOUR + HOUR


class Gated(MemoryServer):
    """Answers whoever connects while its gate is open."""

    def __init__(self):
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()

    async def discover(self, address, username, password):
        await self.gate.wait()
        return await super().discover(address, username, password)


@pytest.fixture
async def world(tmp_path):
    """Ana works 9 to 5 in Vienna and has a calendar in memory, not connected yet."""
    memory = Gated()
    calendar = memory.add("ana@example.com")
    async with memory_office(tmp_path, memory) as office:
        ana = office.sandbox.add_user("ana", "Europe/Vienna")
        await enrolled(office, ana)
        await office.settle()
        office.ana, office.memory, office.calendar = ana, memory, calendar
        yield office


async def window(office):
    answer = await office.ana.command("/boundaries", "calendar")
    await office.ana.click(answer.message, "calendar_open")
    return office.ana.open_views[-1]


async def connect(office):
    await office.ana.submit(await window(office), FILLED)
    await office.settle()
    return office.ana.open_views[-1]


def shown(view):
    return view.blocks[0]["text"]["text"]


async def ask(office, text=""):
    answer = await office.ana.command("/boundaries", f"calendar {text}")
    await office.settle()
    return answer.text


async def row(office):
    (found,) = await office.rows("SELECT * FROM calendars")
    return found


async def test_without_a_calendar_it_says_what_would_be_read(world):
    text = await ask(world)
    assert words.NOT_CONNECTED in text
    assert "encrypted, and shown to you alone" in text
    assert "{" not in text
    assert words.NOT_CONNECTED in str((await world.ana.open_home()).blocks)


async def test_the_window_connects(world):
    view = await connect(world)
    assert shown(view).startswith("memory is connected. It is being read now")
    found = await row(world)
    assert (found["provider"], found["user_id"], found["code"]) == ("memory", world.ana.id, "")
    assert found["synced_at"] == NOW
    assert "(ana@example.com) is connected." in await ask(world)
    assert "(ana@example.com) is connected." in str(world.ana.home().blocks)


async def test_whoever_runs_a_server_can_claim_any_address_there(world):
    await connect(world)
    assert await world.rows("SELECT * FROM addresses") == []


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"password": "wrong"}, "password", words.NOT_ACCEPTED),
        ({"username": "nobody@example.com"}, "address", words.WHY["not_found"]),
    ],
)
async def test_what_is_wrong_is_said_in_the_window(world, given, field, said):
    answer = await world.ana.submit(await window(world), {**FILLED, **given})
    assert answer.errors == {field: said}
    assert await world.rows("SELECT * FROM calendars") == []


async def test_a_server_that_is_away(world):
    with world.calendar.failing(CalendarAway()):
        answer = await world.ana.submit(await window(world), FILLED)
    assert answer.errors == {"address": words.NOT_ANSWERING}


@pytest.fixture
def slow(world, monkeypatch):
    """The server answers when it is let; Slack is kept waiting for a moment only."""
    world.memory.gate.clear()
    monkeypatch.setattr(listeners, "PATIENCE_S", 0.05)
    monkeypatch.setattr(listeners, "SHOWN_S", 0.05)
    return world.memory.gate


@pytest.mark.parametrize(
    ("password", "said"),
    [(SECRET, "memory is connected."), ("wrong", words.NOT_ACCEPTED)],
)
async def test_a_slow_server_is_waited_for_in_the_window(world, slow, password, said):
    view = await window(world)
    await world.ana.submit(view, {**FILLED, "password": password})
    assert shown(world.ana.open_views[-1]) == words.UNDER_WAY
    slow.set()
    await world.bot.services.connecting.close()
    await world.settle()
    assert shown(world.ana.open_views[-1]).startswith(said)


async def test_one_server_at_a_time_is_asked_for_one_person(world, slow):
    """A slow one holds a thread that looks names up; nobody takes them all."""
    await world.ana.submit(await window(world), FILLED)
    first = world.ana.open_views[-1]
    answer = await world.ana.submit(await window(world), FILLED)
    assert answer.errors == {"address": words.ASKING_ALREADY}
    slow.set()
    await world.bot.services.connecting.close()
    await world.settle()
    assert shown(first) == words.UNDER_WAY
    assert (await row(world))["provider"] == "memory"
    await ask(world, "disconnect")
    assert shown(await connect(world)).startswith("memory is connected."), "it is over"


async def test_whoever_closed_the_window_is_told_by_message(world, slow):
    await world.ana.submit(await window(world), FILLED)
    await world.ana.close_view(world.ana.open_views[-1])
    slow.set()
    await world.bot.services.connecting.close()
    await world.settle()
    (told,) = world.sandbox.calls_to("chat.postMessage")
    assert told.params["text"].startswith("memory is connected.")


async def test_the_password_is_written_down_nowhere_but_sealed(world, capsys):
    await connect(world)
    await ask(world)
    stored = str([await world.rows(f"SELECT * FROM {each}") for each in ("calendars", "notices")])
    calls = str([each.params for each in world.sandbox.calls])
    for found in (stored, calls, "".join(capsys.readouterr())):
        assert SECRET not in found


async def test_switching_shows_a_dry_run_and_changes_nothing_that_is_there(world):
    for day in range(3):
        span = Span(at(3 + day, 20), at(3 + day, 21))
        world.calendar.invite(span, title=f"Call <{day}>")
    world.calendar.invite(Span(at(3, 11), at(3, 12)), title="Lunch")
    world.calendar.invite(Span(at(4, 21), at(4, 22)), title="All hands", is_optional=True)
    world.calendar.invite(Span(at(30, 20), at(30, 21)), title="Next month")
    await connect(world)
    text = await ask(world, "hold")
    assert "of your 5 meetings in the next 14 days, these 3 would be answered *tentative*:" in text
    assert "• *Call &lt;0&gt;*, Mon 20:00–21:00" in text
    assert "Lunch" not in text
    assert "Next month" not in text
    assert "1 more outside your hours is only flagged" in text
    assert (await row(world))["treatment"] == "hold"
    assert world.calendar.replies == []
    world.calendar.invite(Span(at(6, 20), at(6, 21)), title="New")
    await ask(world, "sync")
    assert [each.answer for each in world.calendar.replies] == [Answer.TENTATIVE]
    overview = await world.ana.command("/boundaries", "calendar")
    assert "*New*, Thu 20:00: tentative" in str(overview.message.blocks)
    await world.ana.click(overview.message, "calendar_undo")
    await world.settle()
    assert [each.answer for each in world.calendar.replies][-1] is Answer.NEEDS_ACTION


async def test_nothing_outside_the_hours(world):
    world.calendar.invite(Span(at(3, 11), at(3, 12)))
    await connect(world)
    text = await ask(world, "decline")
    assert "*Dry run:* none of your 1 meeting in the next 14 days would be declined" in text


async def test_more_than_fit_are_counted(world):
    world.calendar.invite(Span(at(3, 20), at(3, 21)), weeks=2)
    for day in range(7):
        world.calendar.invite(Span(at(3 + day, 22), at(3 + day, 23)))
    await connect(world)
    text = await ask(world)
    assert "these 9 would be flagged:" in text
    assert "• and 4 more" in text


async def test_a_meeting_answered_by_hand_is_no_concern(world):
    uid = world.calendar.invite(Span(at(3, 20), at(3, 21)))
    world.calendar.answer_by_hand(uid, Answer.ACCEPTED)
    await connect(world)
    assert "none of your 1 meeting" in await ask(world)


async def test_the_menu_of_the_home_tab_chooses_and_says_what_that_means(world):
    world.calendar.invite(Span(at(3, 20), at(3, 21)), title="Call")
    await connect(world)
    await world.ana.click(await world.ana.open_home(), "calendar_treatment", "decline")
    assert (await row(world))["treatment"] == "decline"
    assert "this one would be declined with better times" in shown(world.ana.open_views[-1])
    assert words.TREATMENTS["decline"] in str(world.ana.home().blocks)


async def test_words_in_a_title_let_meetings_through(world):
    await connect(world)
    text = await ask(world, "let 1:1,  R&D   Standup , 1:1")
    assert text == "Meetings with “1:1” or “r&amp;d standup” in the title pass."
    assert (await row(world))["keywords"] == "1:1\nr&d standup"
    world.calendar.invite(Span(at(3, 20), at(3, 21)), title="R&D standup, late")
    await ask(world, "sync")
    assert await world.rows("SELECT rule FROM occurrences") == [{"rule": "keyword"}]
    assert "Let through: “1:1”, “r&amp;d standup”." in await ask(world)
    await ask(world, "let nothing")
    assert await world.rows("SELECT rule FROM occurrences") == [{"rule": "by_treatment"}]


@pytest.mark.parametrize(
    "typed", ["let", "let , ,", f"let {'x' * 61}", f"let {','.join(map(str, range(21)))}"]
)
async def test_words_that_are_none_change_nothing(world, typed):
    await connect(world)
    await ask(world, typed)
    assert (await row(world))["keywords"] == ""


async def test_all_day_events_may_count_too(world):
    await connect(world)
    assert await ask(world, "all-day on") == words.all_day(on=True)
    assert (await row(world))["judges_all_day"]
    assert words.all_day(on=True) in await ask(world)
    assert await ask(world, "all-day off") == words.all_day(on=False)
    assert "all-day on" in await ask(world, "all-day")


async def test_reading_it_now_finds_what_is_new(world):
    await connect(world)
    calls = len(world.calendar.calls)
    world.calendar.invite(Span(at(3, 20), at(3, 21)))
    assert await ask(world, "sync") == words.READING
    assert len(world.calendar.calls) > calls
    assert len(await world.rows("SELECT uid FROM occurrences")) == 1


async def test_an_ended_permission_is_said_with_the_way_back(world):
    await connect(world)
    world.calendar.secret = "another one"
    await ask(world, "sync")
    assert words.WHY["signed_out"] in await ask(world, "sync")
    answer = await world.ana.command("/boundaries", "calendar")
    assert words.WHY["signed_out"] in answer.text
    assert offer(answer.message.blocks, "calendar_open") is not None


async def test_when_it_was_last_read_is_said_in_own_hours(world):
    await connect(world)
    with world.calendar.failing(CalendarAway()):
        await world.at(FRIDAY_NIGHT + timedelta(hours=3))
        text = await ask(world)
    assert "Last read Fri 22:14." in text
    assert words.WHY["away"] in text


@pytest.mark.parametrize("typed", ["hold", "let 1:1", "all-day on", "sync", "disconnect"])
async def test_without_one_nothing_is_chosen(world, typed):
    assert "No calendar is connected." in await ask(world, typed)
    assert await world.rows("SELECT * FROM calendars") == []


async def test_what_is_not_understood_is_explained(world):
    assert "“burn <@U1>” is nothing I can do" in await ask(world, "burn <@U1>")


async def test_disconnecting_by_word(world):
    world.calendar.invite(Span(at(3, 20), at(3, 21)))
    await connect(world)
    assert await ask(world, "disconnect") == words.DISCONNECTED
    for table in ("calendars", "occurrences", "absences"):
        assert await world.rows(f"SELECT * FROM {table}") == []


async def test_where_no_kind_is_switched_on_nothing_is_offered(tmp_path):
    async with opened(tmp_path, public_url="", providers=Providers()) as office:
        ana = office.sandbox.add_user("ana", "Europe/Vienna")
        await enrolled(office, ana)
        await office.settle()
        assert (await ana.command("/boundaries", "calendar")).text == words.NONE_OFFERED
        assert words.HEADER not in str((await ana.open_home()).blocks)


@pytest.mark.slow
async def test_a_real_caldav_server(tmp_path):
    (tmp_path / "dav").mkdir()
    with server(tmp_path / "dav") as running:
        async with (
            Proxy(running).running() as proxy,
            opened(tmp_path) as office,
        ):
            ana = office.sandbox.add_user("ana", "Europe/Vienna")
            await enrolled(office, ana)
            await office.settle()
            await proxy.add("ana", "ana@example.com", "app-password")
            office.ana = ana
            given = {"address": proxy.url, "username": "ana", "password": "app-password"}
            answer = await ana.submit(await window(office), {**given, "password": "wrong"})
            assert answer.errors == {"password": words.NOT_ACCEPTED}
            await ana.close_view(ana.open_views[-1])
            await ana.submit(await window(office), given)
            await office.settle()
            assert shown(ana.open_views[-1]).startswith("CalDAV is connected.")
            found = await row(office)
            assert (found["provider"], found["code"]) == ("caldav", "")
            assert found["synced_at"] == NOW
