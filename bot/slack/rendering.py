"""Typed notices as Slack messages: a table from type to function."""

from collections.abc import Callable
from typing import Any

from bot.domain.notices import (
    Delivery,
    Digest,
    Flag,
    Mirror,
    Notice,
    Reminder,
    Returned,
    Welcome,
)
from bot.slack import blocks as kit
from bot.slack import digest_blocks
from bot.slack.blocks import Block
from bot.words import flag as flag_words
from bot.words import held as held_words
from bot.words import welcome as welcome_words
from bot.words.times import day_clock, names

LINES_SHOWN = 8
"""Of a group: who is off, and until when; beyond that a number says enough."""

Rendered = tuple[str, list[Block]]
"""Fallback text and blocks."""


def flag(notice: Flag) -> Rendered:
    """The hint to an author, with its buttons."""
    people = notice.people
    lines = [
        flag_words.line(p.name, p.tz, notice.at, p.reason, p.label, p.reopens_at)
        for p in people[:LINES_SHOWN]
    ]
    if len(people) > LINES_SHOWN:
        lines.append(flag_words.more(len(people) - LINES_SHOWN))
    text = "\n".join(kit.escaped(line) for line in lines)
    small = [flag_words.ONLY_YOU, *([flag_words.NEXT_TIME] if notice.hold_first else [])]
    return flag_words.fallback([kit.escaped(line) for line in lines]), [
        kit.section(text),
        kit.actions("flag", *_flag_buttons(notice)),
        kit.context(*small),
    ]


def _flag_buttons(notice: Flag) -> list[Block]:
    people = notice.people
    value = ":".join(filter(None, (notice.channel_id, notice.ts, notice.thread_ts)))
    buttons = []
    opening = min((p.reopens_at for p in people if p.reopens_at), default=None)
    if opening is not None:
        first = next(p for p in people if p.reopens_at == opening)
        when = day_clock(opening, first.tz, notice.at)
        shared = when if len({p.reopens_at for p in people}) == 1 else None
        style = "primary" if notice.hold_first else None
        label, action_id = (
            (flag_words.hold_button(when), "flag_hold")
            if notice.can_take_back
            else (flag_words.remind_button([p.name for p in people], shared), "flag_remind")
        )
        buttons.append(kit.button(label, action_id, value, style=style))
    return [
        *buttons,
        kit.button(flag_words.URGENT, "flag_urgent", value),
        kit.button(flag_words.LEAVE, "flag_leave", value),
        kit.button(flag_words.NOT_USEFUL, "flag_not_useful", value),
    ]


def welcome(notice: Welcome) -> Rendered:
    """The first message to a member of a team."""
    text = welcome_words.text(notice.hours, notice.tz, notice.region_name)
    return welcome_words.FALLBACK, [
        kit.section(text),
        kit.actions(
            "welcome",
            kit.button(welcome_words.FIT, "welcome_fit", notice.region or "", style="primary"),
            kit.button(welcome_words.CHANGE, "welcome_change"),
            kit.button(welcome_words.NOT_NOW, "welcome_not_now"),
        ),
        kit.context(welcome_words.PROMISE),
    ]


def delivery(notice: Delivery) -> Rendered:
    """A held message as its readers see it."""
    written = [dict(block) for block in notice.blocks] or paragraphs(notice.text)
    who = " ".join(kit.user(user_id) for user_id in notice.recipient_ids) if notice.mention else ""
    if notice.as_author:
        named = [kit.section(who)] if who else []
        return f"{who} {notice.text}".strip(), [*named, *written]
    intro = held_words.intro(
        kit.user(notice.author_id),
        day_clock_past(notice.written_at, notice.reader_tz),
        who,
        early=notice.early,
    )
    return f"{intro} {notice.text}", [kit.context(intro), *written]


def paragraphs(text: str) -> list[Block]:
    """A long text in as many sections as it needs: a section ends at 3,000 characters."""
    parts = []
    while len(text) > kit.SECTION_TEXT:
        cut = max(text.rfind("\n", 0, kit.SECTION_TEXT), text.rfind(" ", 0, kit.SECTION_TEXT))
        cut = cut if cut > 0 else kit.SECTION_TEXT
        parts.append(text[:cut])
        text = text[cut:].lstrip()
    return [kit.section(part) for part in [*parts, text] if part]


def reminder(notice: Reminder) -> Rendered:
    """A link to a message that was written while the reader was off."""
    text = held_words.reminder(
        kit.user(notice.author_id),
        day_clock_past(notice.written_at, notice.reader_tz),
        notice.permalink,
    )
    return text, [kit.section(text)]


def returned(notice: Returned) -> Rendered:
    """A held message given back to its author."""
    people = names([kit.user(user_id) for user_id in notice.delivery.recipient_ids])
    text = held_words.returned(people, notice.code)
    written = [dict(block) for block in notice.delivery.blocks]
    return f"{text}\n{notice.delivery.text}", [
        kit.section(text),
        *(written or paragraphs(notice.delivery.text)),
    ]


def day_clock_past(at: int, tz: str) -> str:
    """``Fri 23 Oct 22:14``: a message may have waited for weeks."""
    return day_clock(at, tz, at + 86_400)


RENDERERS: dict[type[Any], Callable[[Any], Rendered]] = {
    Flag: flag,
    Welcome: welcome,
    Delivery: delivery,
    Reminder: reminder,
    Returned: returned,
    Digest: digest_blocks.rich,
    Mirror: digest_blocks.mirror,
}


def text_alone(notice: Delivery | Returned) -> Rendered:
    """The words of a message whose rich text a workspace does not take."""
    return render(notice)[0], []


PLAINER: dict[type[Any], Callable[[Any], Rendered]] = {
    Delivery: text_alone,
    Returned: text_alone,
    Digest: digest_blocks.plain,
}
"""What can be said in fewer kinds of blocks, where Slack refuses those of `RENDERERS`."""


def render(notice: Notice) -> Rendered:
    """``notice`` as fallback text and blocks."""
    return RENDERERS[type(notice)](notice)


def plainer(notice: Notice) -> Rendered | None:
    """``notice`` in blocks that every workspace takes; None when there is no other way."""
    renderer = PLAINER.get(type(notice))
    return renderer(notice) if renderer else None
