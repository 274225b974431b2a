"""`/boundaries silence` and its part of the Home tab over signed HTTP."""

from urllib.parse import parse_qs, urlsplit

import pytest

from bot.slack.consent import PURPOSES
from bot.words.silence import MOST_STATUS, OFF, ON, TITLES, status
from tests.conftest import FRIDAY_NIGHT, enrolled

SCOPES = ("dnd:read", "dnd:write")


@pytest.fixture
async def ana(office):
    """Ana works 9 to 5 in Vienna and has allowed nothing."""
    found = office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(office, found)
    await office.settle()
    return found


async def allow(office, person, *scopes):
    token = office.sandbox.grant(office.app, person, scopes)
    await office.bot.services.granting.keep("T0SANDBOX", person.id, token, frozenset(scopes))


async def chosen(office):
    rows = await office.rows("SELECT silence, status, urgent_rings FROM choices")
    return [tuple(bool(value) for value in row.values()) for row in rows]


def switch(view, setting):
    """The text and the button of one setting on the Home tab."""
    for block in view.blocks:
        if block.get("accessory", {}).get("action_id") == f"silence_{setting}":
            return block["text"]["text"], block["accessory"]["text"]["text"]
    return None


async def test_alone_it_says_how_things_stand(ana):
    text = (await ana.command("/boundaries", "silence")).text
    for setting, title in TITLES.items():
        assert f"*{title}:* {OFF[setting]}" in text


async def test_switched_on_without_the_permission_it_shows_where_to_allow_it(office, ana):
    text = (await ana.command("/boundaries", "silence on")).text
    assert "chosen, and not in force: Slack has to be allowed to snooze you." in text
    url = text.partition("<")[2].partition("|")[0]
    asked = parse_qs(urlsplit(url).query)["user_scope"][0].split(",")
    assert tuple(asked) == PURPOSES["silence"]
    assert await chosen(office) == [(True, False, False)]
    await office.settle()
    assert ana.snooze_until is None
    await allow(office, ana, *SCOPES)
    await office.settle()
    assert ana.snooze_until is not None
    assert ON["silence"] in (await ana.command("/boundaries", "silence")).text


@pytest.mark.parametrize(
    ("typed", "now"),
    [
        ("silence on", (True, False, False)),
        ("SILENCE  Status  On", (False, True, False)),
        ("silence urgent on", (False, False, True)),
        ("silence off", (False, False, False)),
    ],
)
async def test_each_is_switched_by_itself(office, ana, typed, now):
    await ana.command("/boundaries", typed)
    assert await chosen(office) == [now]


@pytest.mark.parametrize("typed", ["maybe", "on off", "urgent", "statuson", "status <@U1>"])
async def test_what_is_not_understood_changes_nothing(office, ana, typed):
    text = (await ana.command("/boundaries", f"silence {typed}")).text
    assert "`/boundaries silence on`" in text
    assert await chosen(office) == []


async def test_without_hours_it_waits_for_them_and_says_so(office):
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    await office.settle()
    await allow(office, bo, *SCOPES)
    text = (await bo.command("/boundaries", "silence on")).text
    assert "you have not said which hours are yours. `/hours` shows how" in text
    await office.settle()
    assert bo.snooze_until is None
    await bo.command("/hours", "set mon-fri 9-17")
    await office.settle()
    assert bo.snooze_until is not None


async def test_the_home_tab_shows_and_switches_each(office, ana):
    await allow(office, ana, *SCOPES)
    home = await ana.open_home()
    assert switch(home, "silence") == (f"*Silence:* {OFF['silence']}", "Switch on")
    await ana.click(home, "silence_silence")
    await office.settle()
    assert ana.snooze_until is not None
    assert switch(ana.home(), "silence") == (f"*Silence:* {ON['silence']}", "Switch off")
    await ana.click(ana.home(), "silence_urgent_rings")
    assert switch(ana.home(), "urgent_rings")[0].startswith("*Urgent messages:* may ring")
    await ana.click(ana.home(), "silence_silence")
    await office.settle()
    assert ana.snooze_until is None
    assert await chosen(office) == [(False, False, True)]


async def test_whoever_has_no_hours_yet_is_not_bothered_with_it(office):
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    assert switch(await bo.open_home(), "silence") is None


def test_a_status_fits_and_is_in_the_persons_own_zone():
    now = int(FRIDAY_NIGHT.timestamp())
    monday = now + 59 * 3600 + 46 * 60
    assert status(monday, "Europe/Vienna", now, quiet=False) == "Off until Mon 09:00"
    assert status(monday, "Asia/Tokyo", now, quiet=True) == "Quiet until Mon 17:00"
    far = status(now + 300 * 86_400, "America/Argentina/ComodRivadavia", now, quiet=True)
    assert len(far) <= MOST_STATUS
