"""How the levels of somebody's silence stand, for the Home tab and the command's answer."""

from bot.domain.silence import SCOPES, Level, chosen
from bot.services.directory import Place
from bot.services.silencing import SETTINGS
from bot.slack import blocks as kit
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import silence as words


def overview(surface: Surface, workspace_id: str, user_id: str) -> str:
    """Every setting in a line, and where to allow what is missing."""
    place = surface.directory.loaded(workspace_id)
    lines = [words.line(each, state(place, user_id, each)) for each in SETTINGS]
    return words.listed(lines, _links(surface, place, user_id))


def _links(surface: Surface, place: Place, user_id: str) -> dict[str, str]:
    """Where to allow what was chosen and is not allowed, by level."""
    missing = _missing(place, user_id)
    if missing and surface.consent_link is None:
        return {"": words.NOT_SET_UP}
    link = surface.consent_link
    return {
        level: words.linked(link(place.workspace_id, user_id, level)) for level in missing if link
    }


def _missing(place: Place, user_id: str) -> list[Level]:
    """Levels the person chose, and Slack is not allowed to do."""
    row, allowed = place.rows.get(user_id), place.scopes.get(user_id, frozenset())
    wanted = chosen(row.choices) if row else frozenset[Level]()
    return [level for level in Level if level in wanted and not SCOPES[level] <= allowed]


def is_on(place: Place, user_id: str, setting: str) -> bool:
    """Whether the person switched the setting on."""
    row = place.rows.get(user_id)
    return row is not None and bool(getattr(row.choices, setting))


def state(place: Place, user_id: str, setting: str) -> str:
    """How a setting stands, in words; what is chosen and not in force says why."""
    if not is_on(place, user_id, setting):
        return words.OFF[setting]
    if setting not in set(Level):
        return words.ON[setting]
    level = Level(setting)
    if code := place.refused.get(user_id, {}).get(level):
        return words.refused(level, code)
    if level in _missing(place, user_id):
        return f"{words.WAITS[level]} {words.LOWER[level]}"
    return words.ON[level] if level in place.levels(user_id) else words.NO_HOURS


def home_blocks(surface: Surface, workspace_id: str, user_id: str) -> list[Block]:
    """The part of the Home tab; the links to allow something are in the part about permissions."""
    place, rows = surface.directory.loaded(workspace_id), []
    for setting in SETTINGS:
        on = is_on(place, user_id, setting)
        button = kit.button(words.SWITCH_OFF if on else words.SWITCH_ON, *_pressed(setting, on=on))
        text = surface.named(words.line(setting, state(place, user_id, setting)))
        rows.append(kit.section(text, accessory=button))
    return [kit.header(words.HEADER), *rows]


def _pressed(setting: str, *, on: bool) -> tuple[str, str]:
    return f"silence_{setting}", "off" if on else "on"
