"""How a connected calendar stands, and the window that asks for one: text and blocks."""

from collections.abc import Sequence

from bot.domain.invite_notices import plan_key
from bot.domain.invite_rules import MeetingTreatment
from bot.services.calendar_choices import AHEAD_DAYS, DryRun, Meeting, Standing
from bot.services.connecting import Connecting
from bot.slack import blocks as kit
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import calendar_hours as hours_words
from bot.words import calendars as words

WINDOW = "calendar_connect"
OPEN = "calendar_open"
TREATMENT = "calendar_treatment"
DISCONNECT = "calendar_disconnect"
UNDO = "calendar_undo"
LOOK = "calendar_hours_look"


def standing_text(standing: Standing, tz: str, now: int) -> str:
    """Everything about a connected calendar, for its owner."""
    lines = [
        words.whose(standing.provider, kit.escaped(standing.address)),
        words.last_read(standing.synced_at, tz, now),
        words.treatment(standing.choices.treatment),
        words.exceptions(
            all_day=standing.choices.judges_all_day,
            keywords=[kit.escaped(each) for each in standing.choices.keywords],
        ),
        words.lacks(standing.lacks),
    ]
    if standing.code:
        lines.insert(2, words.error(standing.code))
    if standing.synced_at is not None:
        lines.append(dry_run(standing.dry_run, standing.choices.treatment, tz, now))
    return "\n".join(line for line in lines if line)


def dry_run(run: DryRun, treatment: MeetingTreatment, tz: str, now: int) -> str:
    """What the choice would mean for what is in the calendar already."""
    rows = [
        words.late(kit.escaped(each.title), each.start_at, each.end_at, tz, now)
        for each in run.late
    ]
    return words.dry_run(treatment, AHEAD_DAYS, run.total, rows, run.count, run.only_flagged)


def answered_blocks(answered: Sequence[Meeting], tz: str, now: int) -> list[Block]:
    """What was answered for the owner, each with a way back."""
    rows = [
        kit.section(
            words.acted(kit.escaped(each.title), each.start_at, each.state, each.count, tz, now),
            accessory=kit.button(words.UNDO, UNDO, plan_key(each.uid, each.series_at)),
        )
        for each in answered
    ]
    return [kit.section(words.ACTED), *rows] if rows else []


def offers(connecting: Connecting, workspace_id: str, user_id: str) -> list[Block]:
    """A button for each kind of calendar that can be connected here."""
    buttons = [
        kit.button(
            words.CONNECT[each],
            f"{OPEN}_{each}",
            url=connecting.link(workspace_id, user_id, each),
        )
        for each in connecting.pages
    ]
    if connecting.by_password is not None:
        buttons.append(kit.button(words.CONNECT["caldav"], OPEN))
    return [kit.actions("calendar_offers", *buttons)] if buttons else []


def look_button() -> Block:
    """Looks for the working hours the calendar knows."""
    return kit.button(hours_words.LOOK, LOOK)


def disconnect_button() -> Block:
    """Disconnects, after asking."""
    confirm = {
        "title": kit.plain(words.SURE),
        "text": kit.plain(words.DISCONNECT_SURE),
        "confirm": kit.plain(words.DISCONNECT),
        "deny": kit.plain(words.KEEP),
        "style": "danger",
    }
    return {**kit.button(words.DISCONNECT, DISCONNECT, style="danger"), "confirm": confirm}


def _treatments(chosen: MeetingTreatment) -> Block:
    options = [kit.option(words.OPTIONS[each], each) for each in MeetingTreatment]
    return {
        "type": "static_select",
        "action_id": TREATMENT,
        "options": options,
        "initial_option": next(each for each in options if each["value"] == chosen),
    }


async def home_blocks(surface: Surface, workspace_id: str, user_id: str) -> list[Block]:
    """The part of the Home tab; nothing where no calendar can be connected."""
    row = await surface.calendar_choices.connected(workspace_id, user_id)
    if row is None:
        buttons = offers(surface.connecting, workspace_id, user_id)
        if not buttons:
            return []
        return [
            kit.header(words.HEADER),
            kit.section(words.NOT_CONNECTED),
            *buttons,
            kit.context(surface.named(words.PROMISE)),
        ]
    about = words.whose(row.provider, kit.escaped(surface.calendar_choices.address(row)))
    text = "\n".join([about, *([words.error(row.code)] if row.code else [])])
    chosen = MeetingTreatment(row.treatment)
    again = offers(surface.connecting, workspace_id, user_id) if row.code == "signed_out" else []
    return [
        kit.header(words.HEADER),
        kit.section(text, accessory=disconnect_button()),
        *again,
        kit.section(words.treatment(chosen), accessory=_treatments(chosen)),
        kit.actions(LOOK, look_button()),
    ]


def modal() -> Block:
    """Asks for address, name and app password."""
    return kit.modal(
        WINDOW,
        words.MODAL_TITLE,
        [
            kit.section(words.MODAL_INTRO),
            kit.text_input("address", words.FIELDS["address"], hint=words.ADDRESS_HINT),
            kit.text_input("username", words.FIELDS["username"]),
            kit.text_input("password", words.FIELDS["password"]),
        ],
        submit=words.SUBMIT,
    )
