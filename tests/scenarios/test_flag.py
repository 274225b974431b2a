"""A message reaches somebody who is off: it is judged, recorded, and the author is told."""

from bot.storage import people


async def enrolled(office, person, weekly="mon-fri 9-17"):
    async with office.bot.database.transaction() as tx:
        user = people.SlackUser(person.id, person.name, person.tz)
        await people.learn(tx, "T0SANDBOX", [user])
        await people.save(tx, "T0SANDBOX", person.id, {"weekly": weekly, "enrolled_at": 1})
    await office.bot.services.directory.refresh()


async def test_the_author_is_told_and_the_contact_is_recorded(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    room = office.sandbox.add_channel("design", [ana, bo, office.app])
    await enrolled(office, ana)
    await bo.post(room, "could you look at this, @ana?")
    await office.settle()
    seen = office.sandbox.messages(room.id, as_seen_by=bo)
    assert [m.ephemeral for m in seen] == [False, True]
    assert "22:14 for ana, off until Mon 09:00" in str(seen[1].blocks)
    rows = await office.rows("SELECT recipient_id, outcome, reason FROM contacts")
    assert rows == [{"recipient_id": ana.id, "outcome": "breach", "reason": "by_mode"}]
    await bo.post(room, "and this, @ana")
    await office.settle()
    assert len(office.sandbox.calls_to("chat.postEphemeral")) == 1
    assert await office.rows("SELECT status FROM notices ORDER BY ts") == [
        {"status": "sent"},
        {"status": "capped"},
    ]
