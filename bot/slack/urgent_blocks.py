"""What cannot wait, as Slack messages."""

from collections.abc import Sequence

from bot.domain.urgent import AskedMessage, Sound, Told, UrgentCall, UrgentTold, VerdictAsked
from bot.slack import blocks as kit
from bot.slack.blocks import Block
from bot.words import urgent as words
from bot.words.times import day_clock, two_clocks

ONE_DAY_S = 86_400

Rendered = tuple[str, list[Block]]
"""Fallback text and blocks."""

NOTE_ID = "verdict_note"


def call(notice: UrgentCall) -> Rendered:
    """Said at once to whoever is told."""
    text = words.call(
        kit.user(notice.author_id),
        notice.reason,
        notice.permalink,
        for_whom=[kit.user(each) for each in notice.for_ids],
        team=kit.escaped(notice.team_name),
    )
    if not notice.line:
        return text, [kit.section(text)]
    quoted = "\n".join(f">{kit.escaped(line)}" for line in notice.line.splitlines())
    return f"{text}\n{quoted}", [kit.section(text), kit.section(quoted)]


def told(notice: UrgentTold) -> Rendered:
    """What the author reads: who was told, and whether it rings."""
    text = "\n".join(_told(notice, each) for each in notice.people)
    return text, [kit.section(text)]


def _told(notice: UrgentTold, person: Told) -> str:
    name = kit.escaped(person.name)
    if person.sound is Sound.NOT_TOLD:
        return words.not_told(name, person.code)
    until = day_clock(person.until_at, notice.author_tz, notice.at) if person.until_at else ""
    began = words.who_was_told(name, kit.escaped(person.team_name), until)
    if person.sound is Sound.RANG:
        return began + words.RANG
    if person.sound is Sound.AS_SET:
        return began + words.AS_SET
    when = ""
    if person.opens_at is not None and person.opens_at > notice.at:
        when = two_clocks(person.opens_at, person.tz, notice.author_tz, notice.at)
    return began + words.silent(when)


def asked(notice: VerdictAsked) -> Rendered:
    """The question, once for every message, and what is done with the answers."""
    question = words.ASK_ONE if len(notice.messages) == 1 else words.ASK_SEVERAL
    rows: list[Block] = []
    for message in notice.messages:
        rows += [kit.section(_asked(message, notice.reader_tz)), buttons(message.marker)]
    return question, [
        kit.section(question),
        *rows,
        {**kit.context(words.ASK_NOTE), "block_id": NOTE_ID},
    ]


def _asked(message: AskedMessage, tz: str) -> str:
    # A message may have waited for weeks, so its date is said.
    when = day_clock(message.at, tz, message.at + ONE_DAY_S)
    return words.asked(kit.user(message.author_id), when, message.reason, message.permalink)


def buttons(marker: str, chosen: str = "") -> Block:
    """The two answers; ``chosen`` is the one that was given."""
    answers = (("urgent", words.WAS_URGENT), ("waited", words.COULD_WAIT))
    return kit.actions(
        f"verdict:{marker}",
        *(
            kit.button(text, f"verdict_{key}", marker, style="primary" if key == chosen else None)
            for key, text in answers
        ),
    )


def judged(shown: Sequence[Block], marker: str, chosen: str) -> list[Block]:
    """The message as it is shown, with this answer marked and noted."""
    note = {**kit.context(words.SAID[chosen], words.ASK_NOTE), "block_id": NOTE_ID}
    changed = {f"verdict:{marker}": buttons(marker, chosen), NOTE_ID: note}
    return [changed.get(block.get("block_id", ""), block) for block in shown]
