"""A meeting between zones that share no hour: chosen, on record, and next time it rotates."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import enrolled

pytestmark = pytest.mark.slow


@pytest.fixture
async def pair(any_office):
    """Ana in Vienna and Wes in Los Angeles, Monday 2 November, 09:00 in Vienna."""
    office = any_office
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.wes = office.sandbox.add_user("wes", "America/Los_Angeles")
    for person in (office.ana, office.wes):
        await enrolled(office, person)
    await office.at(datetime(2026, 11, 2, 8, 0, tzinfo=UTC))
    return office


async def proposed(person, typed):
    """The answer, and the values of its buttons."""
    said = await person.command("/meet", typed)
    blocks = said.message.blocks
    return said, [each["accessory"]["value"] for each in blocks if "accessory" in each]


async def burdens(office):
    return await office.rows(
        "SELECT user_id, start_at, minutes FROM slot_burdens ORDER BY start_at, user_id"
    )


async def test_whose_evening_it_is_rotates(pair):
    """Four rotations, a new one every four weeks, whoever asks."""
    for week in range(0, 16, 4):
        await pair.at(datetime(2026, 11, 2, 8, 0, tzinfo=UTC) + timedelta(weeks=week))
        asker, other = ((pair.ana, "wes"), (pair.wes, "ana"))[week % 8 == 4]
        said, (best, *_) = await proposed(asker, f"@{other} 30m weekly")
        assert "Whose turn it is follows from what people gave so far." in said.text
        await asker.click(said.message, "meet_take", best)
    found = await burdens(pair)
    payers = [row["user_id"] for row in found]
    assert set(payers[:2]) == set(payers[2:]) == {pair.ana.id, pair.wes.id}
    assert [row["minutes"] for row in found] == [120] * 4


async def test_what_was_chosen_is_shown_and_counts_once(pair):
    said, (best, *_) = await proposed(pair.ana, "@wes 30m weekly")
    again, (same, *_) = await proposed(pair.wes, "@ana 30m weekly")
    assert best.partition(":")[0] == same.partition(":")[0]
    await pair.ana.click(said.message, "meet_take", best)
    await pair.wes.click(again.message, "meet_take", same)
    assert len(await burdens(pair)) == 1
    (shown,) = [each for each in pair.ana.answers if "Chosen" in str(each.blocks)]
    assert "Nothing was sent to anybody" in str(shown.blocks)
    assert "is noted: next time it is somebody else" in str(shown.blocks)
    after, _ = await proposed(pair.ana, "@wes 30m weekly")
    assert "so far:" not in after.text, "what each gave is shown to nobody"
    assert "2 h" in after.text
    assert "hours* within the next 7 days: 30 minutes a week, 4 weeks in a row." in after.text


async def test_not_this_one_after_all(pair):
    said, (best, *_) = await proposed(pair.ana, "@wes 30m")
    await pair.ana.click(said.message, "meet_take", best)
    (row,) = await burdens(pair)
    assert row["minutes"] == 30
    (shown, *_) = [each for each in pair.ana.answers if "Chosen" in str(each.blocks)]
    await pair.ana.click(shown, "meet_give_back")
    assert await burdens(pair) == []
    assert any("nothing of it is kept" in each.text for each in pair.ana.answers)


async def test_inside_hours_nothing_is_on_record(pair):
    bo = pair.sandbox.add_user("bo", "Europe/Vienna")
    await enrolled(pair, bo)
    said, (best, *_) = await proposed(pair.ana, "@bo 30m")
    assert "*Inside everybody’s hours:* 30 minutes" in said.text
    await pair.ana.click(said.message, "meet_take", best)
    assert await burdens(pair) == []
    assert any("Chosen" in str(each.blocks) for each in pair.ana.answers)


async def test_who_is_optional_gives_nothing(pair):
    bo = pair.sandbox.add_user("bo", "Europe/Vienna")
    await enrolled(pair, bo)
    said, (best, *_) = await proposed(pair.ana, "@bo 30m optional @wes")
    assert "wes (30 min, optional)" in said.text
    assert "*Mon 16:30–17:00* for you" in said.text, "the day stands there today as well"
    await pair.ana.click(said.message, "meet_take", best)
    assert await burdens(pair) == []


async def test_a_time_that_has_begun_is_not_taken(pair):
    said, (best, *_) = await proposed(pair.ana, "@wes 30m")
    await pair.at(datetime(2026, 11, 30, 8, 0, tzinfo=UTC))
    await pair.ana.click(said.message, "meet_take", best)
    assert any("has begun or is over" in each.text for each in pair.ana.answers)
    assert await burdens(pair) == []


async def test_what_was_long_ago_neither_counts_nor_is_kept(pair):
    said, (best, *_) = await proposed(pair.ana, "@wes 30m weekly")
    await pair.ana.click(said.message, "meet_take", best)
    await pair.at(datetime(2027, 6, 1, 8, 0, tzinfo=UTC))
    after, (best, *_) = await proposed(pair.ana, "@wes 30m")
    assert "so far" not in after.text
    await pair.ana.click(after.message, "meet_take", best)
    assert [row["minutes"] for row in await burdens(pair)] == [30]


async def test_my_data_counts_what_is_on_record(pair):
    said, (best, *_) = await proposed(pair.ana, "@wes 30m weekly")
    await pair.ana.click(said.message, "meet_take", best)
    (row,) = await burdens(pair)
    payer = pair.ana if row["user_id"] == pair.ana.id else pair.wes
    told = (await payer.command("/boundaries", "my data")).text
    assert "outside your hours (when, how long): 1" in told
