"""Typed notices as Slack messages: a table from type to function."""

from collections.abc import Callable
from typing import Any

from bot.domain.invite_notices import (
    CalendarLost,
    InviteLifted,
    InviteNotAnswered,
    InviteTold,
    InviteUnclear,
    TimesProposed,
)
from bot.domain.notices import (
    Audience,
    Bundle,
    Delivery,
    Digest,
    Flag,
    FlaggedPerson,
    Held,
    Mirror,
    Notice,
    Reminder,
    Return,
    Returned,
    Stays,
    Welcome,
)
from bot.domain.silence import LevelEnded
from bot.domain.urgent import UrgentCall, UrgentTold, VerdictAsked
from bot.slack import blocks as kit
from bot.slack import digest_blocks, invite_blocks, urgent_blocks
from bot.slack.blocks import Block
from bot.words import flag as flag_words
from bot.words import held as held_words
from bot.words import home as home_words
from bot.words import response as response_words
from bot.words import returning as returning_words
from bot.words import silence as silence_words
from bot.words import taking_back as taking_back_words
from bot.words import welcome as welcome_words
from bot.words.times import day_clock, names, two_clocks

LINES_SHOWN = 8
"""Of a group: who is off, and until when; beyond that a number says enough."""

Rendered = tuple[str, list[Block]]
"""Fallback text and blocks."""


def flag(notice: Flag) -> Rendered:
    """The hint to an author, with its buttons."""
    people = notice.people
    lines = [_flag_line(person, notice.at) for person in people[:LINES_SHOWN]]
    if len(people) > LINES_SHOWN:
        lines.append(flag_words.more(len(people) - LINES_SHOWN))
    text = "\n".join(kit.escaped(line) for line in lines)
    small = [flag_words.ONLY_YOU, *([flag_words.NEXT_TIME] if notice.hold_first else [])]
    if notice.not_held:
        small = [kit.escaped(notice.not_held), flag_words.ONLY_YOU]
    return flag_words.fallback([kit.escaped(line) for line in lines]), [
        kit.section(text),
        kit.actions("flag", *_flag_buttons(notice)),
        kit.context(*small),
    ]


def audience(notice: Audience) -> Rendered:
    """The line to somebody who wrote to a whole channel or a large group."""
    numbers = (notice.people, notice.off, notice.quiet, notice.hours_unknown)
    text = flag_words.audience(*numbers)
    value = f"{notice.channel_id}:{notice.ts}"
    return text, [
        kit.section(text),
        kit.actions(
            "audience",
            kit.button(flag_words.LEAVE, "audience_leave", value),
            kit.button(flag_words.NOT_USEFUL, "audience_not_useful", value),
        ),
        kit.context(flag_words.AUDIENCE_SMALL),
    ]


def _flag_line(p: FlaggedPerson, at: int) -> str:
    if p.is_foreign:
        return flag_words.foreign_line(p.name, p.tz, at, p.reopens_at)
    line = flag_words.line(p.name, p.tz, at, p.reason, p.label, p.reopens_at)
    if p.replies_by_at is None:
        return line
    by = day_clock(p.replies_by_at, p.tz, at)
    return f"{line}. {response_words.expected(by, p.reply_within)}"


def _flag_buttons(notice: Flag) -> list[Block]:
    people = [person for person in notice.people if not person.is_foreign]
    shared = "shared" if notice.is_shared else ""
    value = ":".join((notice.channel_id, notice.ts, notice.thread_ts or "", shared)).rstrip(":")
    buttons = []
    opening = min((p.reopens_at for p in people if p.reopens_at), default=None)
    if opening is not None:
        first = next(p for p in people if p.reopens_at == opening)
        when = day_clock(opening, first.tz, notice.at)
        same = when if len({p.reopens_at for p in people}) == 1 else None
        style = "primary" if notice.hold_first else None
        label, action_id = (
            (flag_words.hold_button(when), "flag_hold")
            if notice.can_take_back
            else (flag_words.remind_button([p.name for p in people], same), "flag_remind")
        )
        buttons.append(kit.button(label, action_id, value, style=style))
    if people:
        buttons.append(kit.button(flag_words.URGENT, "flag_urgent", value))
    return [
        *buttons,
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


def bundle(notice: Bundle) -> Rendered:
    """Several messages of one author as one post."""
    first = notice.parts[0]
    if isinstance(first, Reminder):
        return _reminders([part for part in notice.parts if isinstance(part, Reminder)])
    parts = [part for part in notice.parts if isinstance(part, Delivery)]
    who = " ".join(kit.user(user_id) for user_id in first.recipient_ids) if first.mention else ""
    texts, blocks = [], list[Block]()
    if not first.as_author:
        intro = held_words.several(kit.user(first.author_id), len(parts), who)
        texts.append(intro)
        blocks.append(kit.context(intro))
    elif who:
        texts.append(who)
        blocks.append(kit.section(who))
    for part in parts:
        if not first.as_author:
            blocks.append(kit.context(day_clock_past(part.written_at, part.reader_tz)))
        texts.append(part.text)
        blocks += [dict(block) for block in part.blocks] or paragraphs(part.text)
    return "\n".join(texts), blocks


def _reminders(parts: list[Reminder]) -> Rendered:
    text = held_words.reminders(
        kit.user(parts[0].author_id),
        [(day_clock_past(part.written_at, part.reader_tz), part.permalink) for part in parts],
    )
    return text, [kit.section(text)]


def held(notice: Held) -> Rendered:
    """What an author reads whose message was taken back without a click."""
    who = kit.escaped(names(list(notice.names)))
    text = held_words.by_itself(
        who, two_clocks(notice.due_at, notice.tz, notice.author_tz, notice.at)
    )
    return text, [
        kit.section(text),
        kit.actions(
            "held",
            kit.button(home_words.SEND_NOW, "held_send_now", notice.hold_id),
            kit.button(home_words.EDIT, "held_edit", notice.hold_id),
            kit.button(home_words.CANCEL, "held_cancel", notice.hold_id),
        ),
        kit.context(held_words.ONLY_YOU),
    ]


def stays(notice: Stays) -> Rendered:
    """What an author reads whose message could not be taken back after all."""
    channel_id = "" if notice.channel_id.startswith("D") else notice.channel_id
    when = day_clock_past(notice.at, notice.author_tz)
    text = taking_back_words.stays(channel_id, when, notice.why)
    return text, [kit.section(text)]


def back(notice: Return) -> Rendered:
    """What somebody reads once when they are back."""
    text = returning_words.summary(notice.conversations)
    period = f"{notice.since_at}:{notice.until_at}"
    return text, [
        kit.section(text),
        kit.actions(
            "return",
            kit.button(returning_words.WHERE, "return_where", period),
            kit.button(returning_words.MY_CHOICE, "return_chosen", period),
        ),
        kit.context(returning_words.SMALL, returning_words.SWITCH),
    ]


def level_ended(notice: LevelEnded) -> Rendered:
    """What somebody reads whose notifications or status Slack no longer lets the app change."""
    text = silence_words.ended([str(level) for level in notice.levels], notice.code)
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
    Audience: audience,
    Held: held,
    Stays: stays,
    Welcome: welcome,
    Delivery: delivery,
    Reminder: reminder,
    Bundle: bundle,
    Return: back,
    Returned: returned,
    Digest: digest_blocks.rich,
    Mirror: digest_blocks.mirror,
    UrgentCall: urgent_blocks.call,
    UrgentTold: urgent_blocks.told,
    VerdictAsked: urgent_blocks.asked,
    LevelEnded: level_ended,
    InviteTold: invite_blocks.told,
    InviteNotAnswered: invite_blocks.not_answered,
    InviteLifted: invite_blocks.lifted,
    InviteUnclear: invite_blocks.unclear,
    CalendarLost: invite_blocks.lost,
    TimesProposed: invite_blocks.proposed,
}


def text_alone(notice: Delivery | Bundle | Returned) -> Rendered:
    """The words of a message whose rich text a workspace does not take."""
    return render(notice)[0], []


PLAINER: dict[type[Any], Callable[[Any], Rendered]] = {
    Delivery: text_alone,
    Bundle: text_alone,
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
