"""Hours a calendar knows: suggested to their owner, and taken over only when confirmed."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from bot.calendars.base import Credentials, HoursFound, Providers
from bot.errors import CalendarAway, CalendarRefused, CalendarSignedOut
from bot.slack import calendar_hours
from bot.storage import calendars, people
from tests.calendars.memory import SECRET, MemoryAccount, MemoryServer
from tests.conftest import enrolled, opened

pytestmark = pytest.mark.slow

WORKSPACE, ADDRESS = "T0SANDBOX", "ana@example.com"
NINE, EIGHT = "Mon–Fri 09:00–17:00", "Mon–Fri 08:00–16:00"
BERLIN = HoursFound("mon-fri 08:00-16:00", "Europe/Berlin", "graph")


class Desk:
    """Ana in Vienna, with hours of her own; her calendar is in memory."""

    def __init__(self, office, server):
        self.office, self.server = office, server
        self.calendar = server.add(ADDRESS)
        self.ana = office.sandbox.add_user("ana", "Europe/Vienna")

    async def connect(self):
        credentials = Credentials(address=ADDRESS, secret=SECRET)
        async with self.office.bot.database.transaction() as tx:
            await calendars.connect(
                tx,
                WORKSPACE,
                self.ana.id,
                provider=self.server.name,
                sealed_credentials=self.office.bot.services.calendar_access.sealed(credentials),
                address=ADDRESS,
                now=1,
            )
        await self.office.bot.services.directory.refresh()
        await self.office.settle()

    async def asked(self, found):
        self.calendar.working_hours = found
        return await self.ana.command("/boundaries", "calendar hours")

    async def row(self):
        rows = await self.office.rows("SELECT user_id, weekly, tz, tz_pinned FROM people")
        (row,) = [each for each in rows if each["user_id"] == self.ana.id]
        return row["weekly"], row["tz"], bool(row["tz_pinned"])

    def dm(self):
        return self.office.sandbox.messages(self.office.sandbox.dm(self.office.app, self.ana).id)


class SlowAccount(MemoryAccount):
    """Takes its time to tell its hours."""

    async def hours(self):
        """Wait until the server lets it."""
        await self.calendar.gate.wait()
        return await super().hours()


class SlowServer(MemoryServer):
    """A server that answers when the test says so."""

    def account(self, credentials):
        """See `MemoryServer.account`."""
        calendar = self.calendars[credentials.address]
        return SlowAccount(calendar, credentials.secret)


@asynccontextmanager
async def desk_with(server, folder):
    async with opened(folder, providers=Providers(discovering=server)) as office:
        found = Desk(office, server)
        await enrolled(office, found.ana, "mon-fri 9-17")
        await found.connect()
        yield found


@pytest.fixture
async def desk(tmp_path):
    async with desk_with(MemoryServer(), tmp_path) as found:
        yield found


def buttons(message):
    """Values by action id, of the whole message."""
    return {
        each["action_id"]: each.get("value", "")
        for block in message.blocks
        for each in block.get("elements", ())
        if "action_id" in each
    }


async def test_it_is_shown_and_nothing_changes(desk):
    said = await desk.asked(BERLIN)
    assert f"Microsoft 365 says that you work *{EIGHT}*." in said.text
    assert f"Here your hours are *{NINE}* (Europe/Vienna)." in said.text
    assert "nobody else is told" in str(said.message.blocks)
    assert await desk.row() == ("mon-fri 9-17", "Europe/Vienna", False)
    assert set(buttons(said.message)) == {
        "calendar_hours_take",
        "calendar_hours_change",
        "calendar_hours_no",
    }


async def test_taken_they_are_set_as_if_typed_and_can_be_undone(desk):
    said = await desk.asked(BERLIN)
    value = buttons(said.message)["calendar_hours_take"]
    await desk.ana.click(said.message, "calendar_hours_take", value)
    assert await desk.row() == (EIGHT, "Europe/Vienna", False)
    receipt = desk.ana.answers[-1].text
    assert f"Your hours are now *{EIGHT}* (Europe/Vienna). You are " in receipt
    assert f"To undo it: `/hours set {NINE}`" in receipt
    await desk.ana.command("/hours", f"set {NINE}")
    assert await desk.row() == (NINE, "Europe/Vienna", False)


async def test_in_another_zone_there_is_a_choice(desk):
    elsewhere = replace(BERLIN, tz="America/New_York")
    said = await desk.asked(elsewhere)
    assert f"*{EIGHT}* in America/New_York" in said.text
    found = buttons(said.message)
    await desk.ana.click(said.message, "calendar_hours_take", found["calendar_hours_take"])
    assert await desk.row() == (EIGHT, "America/New_York", True)
    assert f"`/hours set {NINE}` and `/hours follow Slack`" in desk.ana.answers[-1].text
    said = await desk.asked(replace(BERLIN, tz="Europe/Vienna"))
    found = buttons(said.message)
    here = "calendar_hours_take_here"
    await desk.ana.click(said.message, here, found[here])
    assert await desk.row() == (EIGHT, "America/New_York", True)


@pytest.mark.parametrize("tz", ["", "Nowhere/Atlantis", "W. Europe Standard Time"])
async def test_of_an_unknown_zone_only_the_hours_are_left(desk, tz):
    said = await desk.asked(replace(BERLIN, tz=tz))
    assert f"says that you work *{EIGHT}*." in said.text
    value = buttons(said.message)["calendar_hours_take"]
    await desk.ana.click(said.message, "calendar_hours_take", value)
    assert await desk.row() == (EIGHT, "Europe/Vienna", False)


async def test_left_alone_nothing_changes(desk):
    said = await desk.asked(BERLIN)
    await desk.ana.click(said.message, "calendar_hours_no")
    assert desk.ana.answers[-1].text == "All right: your hours stay as they are."
    assert await desk.row() == ("mon-fri 9-17", "Europe/Vienna", False)


async def test_changed_first_they_are_filled_in(desk):
    said = await desk.asked(replace(BERLIN, tz="America/New_York"))
    value = buttons(said.message)["calendar_hours_change"]
    view = (await desk.ana.click(said.message, "calendar_hours_change", value)).view
    shown = {
        each["block_id"]: each["element"].get("initial_value")
        for each in view.blocks
        if "element" in each
    }
    assert (shown["weekly"], shown["tz"]) == (EIGHT, "America/New_York")
    assert await desk.row() == ("mon-fri 9-17", "Europe/Vienna", False)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (replace(BERLIN, weekly="mon-fri 9-17"), "says the same as you set here"),
        (None, "does not know your working hours, so nothing changed. `/hours set mon-fri"),
        (replace(BERLIN, weekly="now and then"), "does not know your working hours"),
    ],
)
async def test_where_there_is_nothing_to_take(desk, found, sentence):
    said = await desk.asked(found)
    assert sentence in said.text
    assert said.message.blocks in (None, [])


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (CalendarSignedOut(), "does not let me in any more"),
        (CalendarAway(), "does not answer just now"),
        (CalendarRefused("forbidden"), "did not tell its hours"),
    ],
)
async def test_a_calendar_that_does_not_answer(desk, fault, sentence):
    with desk.calendar.failing(fault):
        said = await desk.ana.command("/boundaries", "calendar hours")
    assert sentence in said.text
    assert "nothing changed" in said.text
    assert "{" not in said.text


async def test_without_a_calendar_it_says_how_to_connect_one(desk):
    bo = desk.office.sandbox.add_user("bo", "Europe/Vienna")
    said = await bo.command("/boundaries", "calendar hours")
    assert "No calendar is connected" in said.text
    assert "`/boundaries calendar` connects one" in said.text


async def test_a_button_of_other_hands_sets_nothing(desk):
    for value in ("|every day", "Nowhere/Atlantis|mon-fri 8-16", ""):
        said = await desk.asked(BERLIN)
        take = said.message.blocks[1]["elements"][0]
        assert take["action_id"] == "calendar_hours_take"
        take["value"] = value
        await desk.ana.click(said.message, "calendar_hours_take")
        assert "Your hours are now" not in desk.ana.answers[-1].text
    assert await desk.row() == ("mon-fri 9-17", "Europe/Vienna", False)


async def test_somebody_without_hours_is_enrolled_by_taking_them(desk):
    async with desk.office.bot.database.transaction() as tx:
        await people.save(tx, WORKSPACE, desk.ana.id, {"weekly": None, "enrolled_at": None})
    await desk.office.bot.services.directory.refresh()
    said = await desk.asked(BERLIN)
    assert "the organisation’s default" in said.text
    value = buttons(said.message)["calendar_hours_take"]
    await desk.ana.click(said.message, "calendar_hours_take", value)
    receipt = desk.ana.answers[-1].text
    assert "Offhours is on for you now" in receipt
    assert "`/hours set default`" in receipt


async def told(desk):
    for _ in range(200):
        if found := [each for each in desk.dm() if "says that you work" in each.text]:
            return found
        await asyncio.sleep(0.02)
    return []


@pytest.mark.slow
async def test_a_slow_calendar_answers_by_message(tmp_path):
    async with desk_with(SlowServer(), tmp_path) as desk:
        desk.calendar.gate = asyncio.Event()
        said = await desk.asked(BERLIN)
        assert said.text.startswith("I am asking your calendar")
        assert await desk.row() == ("mon-fri 9-17", "Europe/Vienna", False)
        desk.calendar.gate.set()
        (message,) = await told(desk)
        value = buttons(message)["calendar_hours_take"]
        await desk.ana.click(message, "calendar_hours_take", value)
        assert await desk.row() == (EIGHT, "Europe/Vienna", False)
        assert calendar_hours.PATIENCE_S < 3


async def test_from_the_home_tab_the_answer_comes_by_message(desk):
    desk.calendar.working_hours = BERLIN
    home = await desk.ana.open_home()
    await desk.ana.click(home, "calendar_hours_look")
    (message,) = await told(desk)
    assert f"*{EIGHT}*" in message.text
