"""Who may reach me: `/boundaries from`, `my choice`, `return`, `/hours reply`, and the window."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.domain.choices import Treatment
from bot.services.choosing import MOST_SOURCES
from sandbox.faults import Fault
from tests.conftest import enrolled


@pytest.fixture
async def ana(office):
    user = office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(office, user)
    return user


@pytest.fixture
async def bo(office):
    return office.sandbox.add_user("bo", "Europe/Lisbon")


@pytest.fixture
async def room(office, ana, bo):
    return office.sandbox.add_channel("incidents", [ana, bo, office.app])


async def chosen(office, user):
    rows = await office.rows("SELECT * FROM choices")
    return next((row for row in rows if row["user_id"] == user.id), None)


async def sources(office):
    rows = await office.rows("SELECT source_id, treatment FROM choice_sources")
    return {row["source_id"]: row["treatment"] for row in rows}


async def test_a_person_and_a_channel_are_let_through_and_everyone_else_is_held(
    office, ana, bo, room
):
    said = await ana.command("/boundaries", "from @bo through")
    assert f"From <@{bo.id}>: *through* – it passes as agreed" in said.text
    await ana.command("/boundaries", "from #incidents through")
    said = await ana.command("/boundaries", "from everyone hold")
    assert "From everyone else: *hold* – the author is told, and holding comes first" in said.text
    assert await sources(office) == {bo.id: "through", room.id: "through"}
    assert (await chosen(office, ana))["treatment"] == "hold"
    listed = (await ana.command("/boundaries", "from")).text
    assert f"• From <@{bo.id}>: *through*" in listed
    assert f"• From <#{room.id}>: *through*" in listed
    assert "• From everyone else: *hold*" in listed
    assert "A person goes before a channel" in listed


async def test_reset_goes_back_to_what_holds_for_everyone(office, ana, bo, room):
    await ana.command("/boundaries", "from @bo, #incidents and everyone flag")
    assert (await chosen(office, ana))["treatment"] == "flag"
    said = await ana.command("/boundaries", "FROM @bo RESET")
    assert f"Nothing of its own is set for <@{bo.id}> any more" in said.text
    assert "From everyone else: *flag*" in said.text
    assert await sources(office) == {room.id: "flag"}
    said = await ana.command("/boundaries", "from everybody reset")
    assert "*as the policy says* – the author is told" in said.text
    assert (await chosen(office, ana))["treatment"] == ""


async def test_asking_changes_nothing(office, ana, bo, room):
    await ana.command("/boundaries", "from @bo silent")
    said = await ana.command("/boundaries", "from @bo")
    assert f"From <@{bo.id}>: *silent*" in said.text
    said = await ana.command("/boundaries", "from #incidents")
    assert "From everyone else: *as the policy says*" in said.text
    assert await sources(office) == {bo.id: "silent"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("from through", "From whom?"),
        ("from @ana through", "That is you."),
        ("from @ghost through", "Pick the name from the list"),
        ("from #nowhere through", "Pick the name from the list"),
        ("from bo loudly", "did not understand “bo”. Try `/boundaries from @bo through`"),
        ("from @bo loudly", "did not understand “loudly”"),
        ("from @bo hold flag", "did not understand “flag”"),
        ("my choice tonight", "`/boundaries my choice until 15:00`"),
        ("my choice until 21:00", "already over today"),
        ("my choice 72h", "further than a day ahead. Try `/boundaries my choice until 22:00`"),
        ("return maybe", "`/boundaries return off`"),
        ("from <!here>", "did not understand"),
    ],
)
async def test_what_was_not_understood_is_named_and_nothing_changes(office, ana, bo, typed, said):
    assert said in (await ana.command("/boundaries", typed)).text
    assert await chosen(office, ana) is None
    assert await sources(office) == {}


async def test_a_user_group_cannot_be_a_source(office, ana, bo):
    office.sandbox.add_usergroup("crew", "Crew", [bo])
    said = await ana.command("/boundaries", "from @crew through")
    assert "A user group cannot be named here" in said.text


async def test_there_is_a_limit_to_the_sources(office, ana, bo):
    async with office.bot.database.transaction() as tx:
        for number in range(MOST_SOURCES):
            await tx.exec_driver_sql(
                "INSERT INTO choice_sources (workspace_id, user_id, source_id, treatment) "
                f"VALUES ('T0SANDBOX', '{ana.id}', 'U{number:05}', 'flag')"
            )
    said = await ana.command("/boundaries", "from @bo through")
    assert f"You have named {MOST_SOURCES} people and channels" in said.text
    assert len(await sources(office)) == MOST_SOURCES


async def test_whoever_set_no_hours_is_told_that_it_has_no_effect_yet(office, bo, ana):
    said = await bo.command("/boundaries", "from @ana through")
    assert "You have not switched Offhours on yet" in said.text
    assert await sources(office) == {ana.id: "through"}
    (row,) = await office.rows(f"SELECT enrolled_at FROM people WHERE user_id = '{bo.id}'")
    assert row["enrolled_at"] is None


async def test_silent_says_what_it_needs(ana):
    said = await ana.command("/boundaries", "from everyone silent")
    note = "that is not in force: `/boundaries silence` shows why. Until then the author is told."
    assert note in said.text
    assert note in (await ana.command("/boundaries", "from")).text
    assert note in str((await ana.open_home()).blocks)


async def test_where_the_policy_only_counts_it_says_so(office, ana):
    boss = office.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
    await office.settle()
    await boss.command("/boundaries", "admin mode observe")
    said = await ana.command("/boundaries", "from everyone hold")
    assert "The policy here only counts at present" in said.text
    assert "only counts" not in (await ana.command("/boundaries", "from everyone through")).text
    said = await ana.command("/boundaries", "from everyone reset")
    assert "nobody is told (the policy here only counts)" in said.text


async def test_where_quiet_hours_are_locked_it_says_that_they_stay_closed(office, ana, bo):
    boss = office.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
    await office.settle()
    note = "The organisation’s quiet hours are locked, so they stay quiet all the same"
    for typed in ("from @bo through", "my choice 2h"):
        assert note not in (await ana.command("/boundaries", typed)).text
    await boss.command("/boundaries", "admin quiet_hours 20:00-07:00 locked")
    for typed in ("from @bo through", "from", "my choice 2h", "my choice"):
        assert note in (await ana.command("/boundaries", typed)).text, typed
    assert note not in (await ana.command("/boundaries", "from everyone hold")).text
    assert note in str((await ana.open_home()).blocks)


async def test_my_choice_is_shown_and_ended(office, ana):
    office.clock.set(datetime(2026, 10, 23, 17, 0, tzinfo=UTC))
    said = await ana.command("/boundaries", "my choice 20-22")
    assert "Your own choice: *20:00 – 22:00*" in said.text
    assert "Only you can mark it." in said.text
    said = await ana.command("/boundaries", "my choice until 19:30")
    assert "*until 19:30, 20:00 – 22:00*" in said.text
    assert "until 19:30, 20:00 – 22:00" in (await ana.command("/boundaries", "my choice")).text
    assert "until 19:30" in (await ana.command("/boundaries", "from")).text
    said = await ana.command("/boundaries", "my choice off")
    assert "Nothing is marked as your own choice from now on." in said.text
    assert "No time ahead is marked" in (await ana.command("/boundaries", "my choice")).text
    assert await office.rows("SELECT * FROM chosen_spans") == []


async def test_chosen_time_is_forgotten_a_day_later_by_the_next_change(office, ana):
    await ana.command("/boundaries", "my choice 2h")
    office.clock.set(datetime(2026, 10, 25, 12, 0, tzinfo=UTC))
    assert len(await office.rows("SELECT * FROM chosen_spans")) == 1
    await ana.command("/boundaries", "return off")
    assert await office.rows("SELECT * FROM chosen_spans") == []


async def test_the_return_line_is_switched(office, ana):
    assert "you read once how many" in (await ana.command("/boundaries", "return")).text
    assert "You read nothing" in (await ana.command("/boundaries", "return off")).text
    assert not (await chosen(office, ana))["return_line"]
    assert "you read once how many" in (await ana.command("/boundaries", "return on")).text


async def test_a_response_time_is_declared_and_others_read_it(office, ana, bo):
    said = await ana.command("/hours", "reply 1 day")
    assert "you answer within *1 working day*" in said.text
    assert "“No reply expected before Tue 09:00 (1 working day).”" in said.text
    assert "answer within 1 working day" in (await ana.command("/hours")).text
    theirs = (await bo.command("/hours", "@ana")).text
    assert "ana answers within 1 working day." in theirs
    assert "no reply is expected before Tue 08:00." in theirs, "on Bo's clocks, in Lisbon"
    assert "“No reply expected before Tue 09:00 (1 working day)”" in str(
        (await ana.open_home()).blocks
    )
    assert "within *1 working day*" in (await ana.command("/hours", "reply")).text
    said = await ana.command("/hours", "reply off")
    assert "do not read any more" in said.text
    assert "answers within" not in (await bo.command("/hours", "@ana")).text
    assert "You have not said how soon" in (await ana.command("/hours", "reply")).text


@pytest.mark.parametrize("typed", ["soon", "0h", "99 days"])
async def test_another_response_time_is_not_understood(office, ana, typed):
    said = await ana.command("/hours", f"reply {typed}")
    assert "Try `/hours reply 1 day` or `/hours reply 4h`." in said.text
    assert await chosen(office, ana) is None


async def opened(user):
    return (await user.click(await user.open_home(), "choices_edit")).view


async def test_everything_in_one_window(office, ana, bo, room):
    cy = office.sandbox.add_user("cy", "Europe/Vienna")
    await ana.command("/boundaries", "from @cy hold")
    view = await opened(ana)
    assert f"From <@{cy.id}>: *hold*" in str(view.blocks)
    given = {"treatment": "silent", "people": [bo.id], "channels": [room.id], "reply": "4 hours"}
    await ana.submit(view, {**given, "return_line": []})
    assert await sources(office) == {bo.id: "through", room.id: "through", cy.id: "hold"}
    row = await chosen(office, ana)
    assert (row["treatment"], row["reply_within"], bool(row["return_line"])) == (
        "silent",
        "4h",
        False,
    )
    home = str(ana.home().blocks)
    assert f"From <@{bo.id}>: *through*" in home
    assert "From everyone else: *silent*" in home
    assert "nothing is said about your quiet time" in home
    assert "(4 working hours)" in home


async def test_the_window_shows_what_is_set_and_keeps_what_is_not_touched(office, ana, bo, room):
    await ana.command("/boundaries", "from @bo #incidents through")
    await ana.command("/boundaries", "from everyone flag")
    await ana.command("/hours", "reply 2 days")
    before = (await chosen(office, ana), await sources(office))
    await ana.submit(await opened(ana), {})
    assert (await chosen(office, ana), await sources(office)) == before
    await ana.submit(await opened(ana), {"treatment": "policy", "people": [], "channels": []})
    assert await sources(office) == {}
    assert (await chosen(office, ana))["treatment"] == ""


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"reply": "soon"}, "reply", "did not understand “soon”. Try 1 day or 4h."),
        ({"people": "ana"}, "people", "That is you."),
    ],
)
async def test_a_field_that_is_wrong_is_named_and_nothing_is_saved(office, ana, given, field, said):
    view = await opened(ana)
    given = {key: [ana.id] if value == "ana" else value for key, value in given.items()}
    answer = await ana.submit(view, given)
    assert said in answer.errors[field]
    assert await chosen(office, ana) is None


async def test_a_window_that_does_not_open_is_said(office, ana):
    home = await ana.open_home()
    office.sandbox.faults.add("views.open", Fault.error("internal_error"))
    await ana.click(home, "choices_edit")
    assert await chosen(office, ana) is None
    assert (await opened(ana)) is not None


async def test_two_changes_at_once_are_both_kept(office, ana, bo, room):
    choosing = office.bot.services.choosing
    await asyncio.gather(
        choosing.treat("T0SANDBOX", ana.id, [bo.id], Treatment.THROUGH),
        choosing.treat("T0SANDBOX", ana.id, [room.id], Treatment.HOLD),
        choosing.treat_everyone("T0SANDBOX", ana.id, Treatment.FLAG),
    )
    assert await sources(office) == {bo.id: "through", room.id: "hold"}
    assert (await chosen(office, ana))["treatment"] == "flag"
