"""Who reads next."""

import asyncio

from bot.calendars.turns import Turn, Turns

KINDS = {"": Turn.FIRST, "+": Turn.FURTHER, "!": Turn.LONG}


async def waiting(turns: Turns, said: list[str], call: str) -> None:
    """Take a turn as a call names it: somebody, and the sign of its kind."""
    whose = call.rstrip("+!")
    async with turns.turn(whose, KINDS[call.removeprefix(whose)]):
        said.append(call)
        await asyncio.sleep(0)


async def order(turns: Turns, *calls: str) -> list[str]:
    """The order in which calls get the one seat, asked for while somebody holds it."""
    said: list[str] = []
    async with asyncio.TaskGroup() as group, turns.turn("holder"):
        for call in calls:
            group.create_task(waiting(turns, said, call))
            await asyncio.sleep(0.001)
    return said


async def test_everybody_has_one_place_in_the_queue() -> None:
    assert await order(Turns(1), "ana", "ana", "ana", "bo", "cy") == [
        "ana",
        "bo",
        "cy",
        "ana",
        "ana",
    ]


async def test_a_further_place_is_behind_everybodys_first() -> None:
    assert await order(Turns(1), "ana+", "ana", "bo", "bo+", "cy") == [
        "ana",
        "bo",
        "cy",
        "ana+",
        "bo+",
    ]


async def test_a_long_turn_comes_last() -> None:
    """Who has asked for one keeps the usual place for what else there is."""
    calls = ("mal!", "ana", "bo+", "mal", "cy")
    assert await order(Turns(1), *calls) == ["ana", "mal", "cy", "bo+", "mal!"]


async def test_everybody_has_one_place_for_long_turns() -> None:
    calls = ("mal!", "mal!", "mal!", "ana!")
    assert await order(Turns(1), *calls) == ["mal!", "ana!", "mal!", "mal!"]


async def test_all_long_turns_share_one_seat() -> None:
    turns = Turns(3)
    said: list[str] = []
    async with turns.turn("mal", Turn.LONG):
        other = asyncio.create_task(waiting(turns, said, "mallory!"))
        await asyncio.sleep(0.01)
        await waiting(turns, said, "ana")
    await other
    assert said == ["ana", "mallory!"]


async def test_who_leaves_while_waiting_leaves_nothing_behind() -> None:
    turns = Turns(1)
    async with turns.turn("ana"):
        left = asyncio.create_task(waiting(turns, [], "bo"))
        await asyncio.sleep(0)
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)
        given = asyncio.create_task(waiting(turns, [], "cy"))
        await asyncio.sleep(0)
    given.cancel()  # in the moment in which it was given the seat
    await asyncio.gather(given, return_exceptions=True)
    said: list[str] = []
    await asyncio.wait_for(waiting(turns, said, "dee"), 1)
    assert said == ["dee"]
