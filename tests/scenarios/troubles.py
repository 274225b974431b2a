"""Time, and what goes wrong with Slack in it."""

from collections.abc import Callable

from sandbox import Fault
from tests.scenarios.acts import Chance
from tests.scenarios.town import Town

# Time


async def pass_time(town: Town, chance: Chance) -> None:
    """The clock moves on."""
    await town.pass_time(chance.span)


async def wait(town: Town, _: Chance) -> None:
    """What waits for a retry is tried again."""
    await town.wait()


async def calm_down(town: Town, _: Chance) -> None:
    """Everything works again."""
    await town.calm()
    await town.check(calm=True)


# Trouble


async def slack_fails(town: Town, chance: Chance) -> None:
    """One method of the Web API, or all, fails once to three times."""
    method = METHODS[chance.pick % len(METHODS)]
    fault = FAILURES[chance.trouble % len(FAILURES)](1 + chance.minutes % 3)
    town.office.sandbox.faults.add(method, fault)


async def slack_refuses(town: Town, chance: Chance) -> None:
    """The next deliveries are refused, and so may come back to their authors."""
    code = REFUSALS[chance.trouble % len(REFUSALS)]
    fault = Fault.error(code, 1 + chance.pick % 2)
    # Where the bot's own conversation refuses a flag, nobody can be told.
    fault = fault.only_when(lambda params: "flag_leave" not in str(params.get("blocks")))
    town.office.sandbox.faults.add("chat.postMessage", fault)


async def a_flag_is_refused(town: Town, chance: Chance) -> None:
    """The channel does not take the next flag."""
    code = REFUSALS[chance.trouble % len(REFUSALS)]
    town.office.sandbox.faults.add("chat.postEphemeral", Fault.error(code))


async def events_go_astray(town: Town, chance: Chance) -> None:
    """The next events come twice, or after those that follow them."""
    fault = (Fault.duplicate, Fault.out_of_order)[chance.trouble % 2]
    town.office.sandbox.faults.add("event", fault(1 + chance.pick % 2))


METHODS = (
    "chat.postMessage",
    "chat.postEphemeral",
    "chat.delete",
    "chat.getPermalink",
    "conversations.open",
    "conversations.history",
    "views.open",
    "*",
)
FAILURES: tuple[Callable[[int], Fault], ...] = (
    Fault.drop_answer,
    Fault.drop_answer,
    Fault.drop_request,
    lambda times: Fault.rate_limited(1, times),
    lambda times: Fault.status(500, times),
    lambda times: Fault.status(503, times),
    lambda times: Fault.error("internal_error", times),
    lambda times: Fault.slow(0.05, times),
)
REFUSALS = (
    "is_archived",
    "channel_not_found",
    "not_in_channel",
    "restricted_action",
    "msg_too_long",
    "token_revoked",
    "account_inactive",
    "invalid_auth",
)
