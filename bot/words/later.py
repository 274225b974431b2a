"""Writing now, delivering when they are back."""

from collections.abc import Sequence

MOST_PEOPLE = 8
"""Slack opens a group conversation with at most eight others."""

NOBODY = "Whom is it for? Name at least one other person: `{later} @ana Can you look at this?`"
UNKNOWN_PERSON = (
    "Slack does not know that person in this workspace. Pick the name from the list while typing."
)
SLACK_SILENT = "Slack did not say who that is just now. Please try again in a minute."
NOT_ESCAPED = (
    "I could not tell whom “{word}” means. Pick the name from the list that opens while you type @."
)
GROUPS = (
    "A user group cannot be written to directly. Name people, `{later} @ana …`, or use the "
    "shortcut “Send when they’re back” and pick a channel."
)
CHANNEL = (
    "A channel needs the shortcut “Send when they’re back”. Here, name people: `{later} @ana …`"
)
YOURSELF = "That is you. Name somebody else: `{later} @ana Can you look at this?`"
EMPTY = "There is no text yet. Put it behind the name: `{later} @ana Can you look at this?`"
ASSUMED = "They have not set hours yet, so the organisation’s hours in their zone count."
IN_YOUR_NAME = "It is posted in your name."
BY_THE_APP = "It is delivered by the app, with your name on it."
TOO_LATE = "That message is not waiting any more: it was delivered, or it was cancelled."
BAD_TIME = "Pick a time from now on, at most 30 days ahead."
ALREADY_HELD = "That is already arranged."
NOBODY_TO_REMIND = "Nobody needs reminding: they are back, or will not be within 30 days."
NOTHING_WAITING = "You have nothing waiting. Write `{name} @ana Good morning!` to hold a message."
NO_SUCH_NUMBER = "There is no number {number}: you have {count} waiting. See `{name} list`."
NEEDS_NUMBER = "Say which one, by its number in `{name} list`: `{name} {verb} 1`"


AUTO_WHAT = "Say `{later} auto on` or `{later} auto off`."
AUTO_NEEDS = (
    "That needs your permission to take back and post in your name. Allow it in the app’s Home "
    "tab, then type `{later} auto on` again."
)
AUTO_ON = (
    "On. A message of yours that reaches somebody outside their hours is taken back at once and "
    "delivered when they are back. Their phone may have rung already. A message with files, "
    "reactions or replies stays, because they would be lost; you are told. `{later} auto off` ends "
    "it."
)
AUTO_OFF = "Off. Messages stay where you post them, and you are told who is off."
AUTO_IS_ON = (
    "Your messages to people who are off are taken back by themselves. `{later} auto off` ends it."
)
AUTO_IS_OFF = (
    "Your messages stay where you post them. `{later} auto on` takes back those to people who are "
    "off."
)

THEIRS = "their time"


def for_one(user_id: str) -> str:
    """Whose clocks are shown when the others’ show something else."""
    return f"for <@{user_id}>"


def mentions(user_ids: Sequence[str]) -> str:
    """``@ana, @bo and @cy``, as mentions."""
    names = [f"<@{user_id}>" for user_id in user_ids]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def too_many(most: int) -> str:
    """The author has too much waiting."""
    return f"You already have {most} messages waiting, which is the most there can be."


def too_many_people() -> str:
    """More than Slack puts into one conversation."""
    return f"That is for more than {MOST_PEOPLE} people. Use a channel for so many."


def too_long(length: int, most: int) -> str:
    """Longer than Slack shows in one message."""
    return f"The text has {length:,} characters; a message has at most {most:,}. Please split it."


def not_a_person(user_id: str) -> str:
    """Apps and deactivated accounts have no hours."""
    return f"<@{user_id}> is an app or a deactivated account, so there is nobody to wait for."


def works_now(user_ids: Sequence[str]) -> str:
    """There is nothing to hold for."""
    verb = "is" if len(user_ids) == 1 else "are"
    return f"{mentions(user_ids)} {verb} working now, so you can write directly."


def too_far(user_ids: Sequence[str]) -> str:
    """Further than a message may be held."""
    verb = "is" if len(user_ids) == 1 else "are"
    return (
        f"{mentions(user_ids)} {verb} not back within the next 30 days, and a message is not kept "
        "longer than that. Who could answer in the meantime?"
    )


def held(user_ids: Sequence[str], when: str, *, known: bool, as_you: bool) -> str:
    """The receipt."""
    lines = [f"Held for {mentions(user_ids)} until *{when}*."]
    if not known:
        lines.append(ASSUMED)
    lines.append(IN_YOUR_NAME if as_you else BY_THE_APP)
    lines.append("Change, cancel or send it: `{name} list`, or the app’s Home tab.")
    return "\n".join(lines)


def given_back(text: str) -> str:
    """An error must not cost the author their text."""
    return "\n".join(f">{line}" for line in text.splitlines())


def listed(rows: Sequence[tuple[Sequence[str], str]]) -> str:
    """What is waiting, numbered."""
    lines = [
        f"{number}. for {mentions(user_ids)}, {when}"
        for number, (user_ids, when) in enumerate(rows, start=1)
    ]
    return "*Waiting to be delivered*\n" + "\n".join(lines)


def cancelled(user_ids: Sequence[str], text: str) -> str:
    """Cancelled, with the text handed back."""
    return f"Cancelled. {mentions(user_ids)} will not get it. You wrote:\n{given_back(text)}"


def on_its_way(user_ids: Sequence[str]) -> str:
    """*Send now* was pressed."""
    return f"On its way to {mentions(user_ids)}."


def sent_now(clocks: Sequence[tuple[Sequence[str], str]], back: str) -> str:
    """On its way: what clocks show for whom, and when they are back (empty if they are, now)."""
    shown = " and ".join(f"{clock} for {mentions(user_ids)}" for user_ids, clock in clocks)
    calm = f"; no reply is expected before {back}" if back else ""
    return f"Sent now. It is {shown}{calm}."


SUMMARY = "write now, deliver when they are back"
USAGE = "@ana Can you look at this?"
EXAMPLES = (
    ("@ana Can you look at this?", "holds the message until Ana is back"),
    ("@ana @bo Good morning!", "waits until both work, within a day"),
    ("list", "shows what you have waiting"),
    ("send 1", "delivers number 1 now"),
    ("cancel 1", "ends number 1 and gives you its text back"),
    ("edit 1", "opens number 1 to change its text or time"),
    ("auto on", "takes back by itself what you post to people who are off"),
)

MODAL_TITLE = "Send when they’re back"
REPLY_TITLE = "Reply when they’re back"
EDIT_TITLE = "Change held message"
PEOPLE = "For"
PEOPLE_HINT = "It is delivered when they are back in their own hours."
WHERE = "In (leave empty for a direct message)"
WHERE_HINT = "A channel the app is in. The message mentions the people above."
MESSAGE = "Message"
WHEN = "Deliver at"
HOLD = "Hold"
SAVE = "Save"
CLOSE = "Done"
