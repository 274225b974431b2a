"""What a person chose, as text, as a part of the Home tab and as a window."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.domain.choices import Choices, Treatment
from bot.domain.contact import Person
from bot.domain.policy import Mode, Policy
from bot.domain.response import parse_within
from bot.errors import BadInput
from bot.services.choosing import MOST_SOURCES, Wishes
from bot.services.directory import Place
from bot.services.hours import Calendar
from bot.slack import blocks as kit
from bot.slack import weeks
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import choices as words
from bot.words import response as response_words
from bot.words.times import day_clock

WINDOW = "choices"
POLICY = "policy"
ON = "on"


def rows(choices: Choices, mode: Mode) -> list[str]:
    """One row for each source, then everybody else."""
    named = [words.row(words.source(each), how) for each, how in choices.sources.items()]
    return [*named, words.everyone_row(choices.treatment or "", mode)]


def chosen_rows(choices: Choices, tz: str, now: int) -> list[str]:
    """What is marked as the person's own choice, ahead or going on."""
    return [
        words.chosen_span(
            day_clock(span.start, tz, now) if span.start > now else "", day_clock(span.end, tz, now)
        )
        for span in choices.chosen
        if span.end > now
    ]


def effects(place: Place, user_id: str, treatments: Iterable[Treatment | None]) -> list[str]:
    """Why treatments have another effect at present, or none."""
    chosen = set(treatments) - {None}
    if place.policy.mode is Mode.OBSERVE:
        return [words.OBSERVED] if chosen - {Treatment.THROUGH} else []
    unheard = Treatment.SILENT in chosen and not place.is_silenced(user_id)
    return [
        *([words.NEEDS_SILENCE] if unheard else []),
        *(opens_not(place.policy) if Treatment.THROUGH in chosen else []),
    ]


def opens_not(policy: Policy) -> list[str]:
    """What cannot be opened by a choice of one's own."""
    return [words.LOCKED] if policy.quiet_hours and policy.quiet_hours_locked else []


def all_effects(place: Place, person: Person) -> list[str]:
    """The same for everything the person chose."""
    choices = person.choices
    return effects(place, person.user_id, [choices.treatment, *choices.sources.values()])


def home_blocks(calendar: Calendar, surface: Surface, place: Place) -> list[Block]:
    """The part of the Home tab."""
    person = calendar.person
    choices, tz, now = person.choices, person.tz, calendar.at
    shown = [*rows(choices, place.policy.mode), *map(surface.named, all_effects(place, person))]
    if chosen := chosen_rows(choices, tz, now):
        shown.append(words.chosen_row(chosen))
    if choices.reply_within:
        by = weeks.reply_by(person, tz, now)
        within = choices.reply_within
        line = response_words.expected(by, within) if by else response_words.spelled(within)
        shown.append(words.reply_row(line))
    if not choices.return_line:
        shown.append(words.RETURN_LINE_OFF)
    button = kit.button(words.CHANGE, "choices_edit")
    return [kit.header(words.HOME), kit.section(words.bullets(shown), accessory=button)]


def modal(calendar: Calendar, place: Place) -> Block:
    """Everything in one window."""
    choices = calendar.person.choices
    through = [each for each, how in choices.sources.items() if how is Treatment.THROUGH]
    people = [each for each in through if each in place.rows and not place.rows[each].is_deleted]
    channels = [each for each in through if words.is_channel(each)]
    others = [
        words.row(words.source(each), how)
        for each, how in choices.sources.items()
        if how is not Treatment.THROUGH
    ]
    kept = [kit.context(words.others(others))] if others else []
    return kit.modal(
        WINDOW,
        words.MODAL_TITLE,
        [
            kit.section(words.MODAL_INTRO),
            _treatment(choices.treatment),
            _many("people", words.PEOPLE, words.PEOPLE_HINT, "users", people),
            _many("channels", words.CHANNELS, words.CHANNELS_HINT, "conversations", channels),
            *kept,
            kit.text_input(
                "reply",
                words.REPLY,
                initial=choices.reply_within,
                hint=words.REPLY_HINT,
                optional=True,
            ),
            _return_line(on=choices.return_line),
        ],
    )


def _treatment(chosen: Treatment | None) -> Block:
    options = [
        kit.option(words.BY_POLICY_OPTION, POLICY),
        *(kit.option(words.option(each), each) for each in Treatment),
    ]
    element = {
        "type": "static_select",
        "action_id": "value",
        "options": options,
        "initial_option": next(each for each in options if each["value"] == (chosen or POLICY)),
    }
    return kit.field("treatment", words.EVERYONE, element)


def _many(block_id: str, label: str, hint: str, kind: str, chosen: Sequence[str]) -> Block:
    element: Block = {
        "type": f"multi_{kind}_select",
        "action_id": "value",
        "max_selected_items": MOST_SOURCES,
    }
    if kind == "conversations":
        element["filter"] = {"include": ["public", "private"]}
    if chosen:
        element[f"initial_{kind}"] = list(chosen)
    return kit.field(block_id, label, element, hint=hint, optional=True)


def _return_line(*, on: bool) -> Block:
    option = kit.option(words.BACK_OPTION, ON)
    element: Block = {"type": "checkboxes", "action_id": "value", "options": [option]}
    if on:
        element["initial_options"] = [option]
    return kit.field("return_line", words.BACK, element, optional=True)


class WrongReply(BadInput):
    """What is wrong is in the field of the response time."""


def wishes(given: Mapping[str, Any]) -> Wishes:
    """What was filled in.

    Raises:
        WrongReply: not a response time.
    """
    written = (given.get("reply") or "").strip()
    try:
        reply = parse_within(written) if written else None
    except BadInput as error:
        raise WrongReply(str(error)) from error
    chosen = given.get("treatment") or POLICY
    return Wishes(
        treatment=None if chosen == POLICY else Treatment(chosen),
        through=(*(given.get("people") or ()), *(given.get("channels") or ())),
        reply=reply,
        return_line=ON in (given.get("return_line") or ()),
    )
