"""`/boundaries`: the policy, one's own data, and what admins set."""

from collections.abc import Awaitable, Callable

from bot.domain.policy import to_document
from bot.errors import BadInput
from bot.services.policies import BY_FILE, Decided
from bot.slack import (
    admin,
    calendar_hours,
    calendars,
    channel_views,
    choices,
    oncall,
    silence,
    team_views,
)
from bot.slack import blocks as kit
from bot.slack.actions import Action
from bot.slack.commands import Ask, Command, Said, help_text
from bot.slack.views import Submit
from bot.words import boundaries as words
from bot.words import calendars as calendar_words
from bot.words import choices as choice_words
from bot.words import oncall as oncall_words
from bot.words import silence as silence_words


async def policy(ask: Ask, _text: str) -> Said:
    """The policy in words, for everybody."""
    decided = await ask.surface.policies.current(ask.workspace_id)
    document = to_document(decided.policy)
    return Said(words.policy(document, decided.policy.version, _who_and_when(ask, decided)))


def _who_and_when(ask: Ask, decided: Decided) -> str:
    if decided.changed_by is None or decided.changed_at is None:
        return words.BUILT_IN
    who = words.BY_FILE if decided.changed_by == BY_FILE else kit.user(decided.changed_by)
    return words.decided_by(who, words.instant(decided.changed_at, _tz(ask)))


def _tz(ask: Ask) -> str:
    row = ask.place.rows.get(ask.user_id)
    return row.tz if row else "UTC"


async def my_data(ask: Ask, _text: str) -> Said:
    """Everything kept about the asker, as counts; of nobody else."""
    kept = await ask.surface.traces.of(ask.workspace_id, ask.user_id)
    person = kept.person
    if person is None:
        return Said(words.NOT_KNOWN)
    since = words.instant(person.enrolled_at, person.tz) if person.enrolled_at else None
    text = words.my_data(
        name=kit.escaped(person.name),
        tz=person.tz,
        pinned=person.tz_pinned,
        hours=person.weekly,
        region=person.region,
        counted_since=since,
        counts={**kept.counts, "groups": kept.groups, "rotas": kept.rotas},
        calendar=ask.surface.named(_calendar(kept.calendar)),
    )
    return Said(text)


def _calendar(provider: str) -> str:
    if not provider:
        return ""
    return words.calendar_kept(calendar_words.TITLES.get(provider, provider))


Verb = Callable[[Ask, str], Awaitable[Said]]

VERBS: dict[str, Verb] = {
    "policy": policy,
    "my data": my_data,
    "admin": admin.run,
    "team": team_views.run,
    "oncall": oncall.run,
    **choices.VERBS,
    "silence": silence.run,
    "calendar": calendars.run,
    "channels": channel_views.run,
}


async def run(ask: Ask) -> Said:
    """Find the verb; nothing typed shows the help."""
    if not ask.text:
        return Said(help_text(ask.surface, COMMAND))
    typed = " ".join(ask.text.split())
    for verb, answer in VERBS.items():
        if typed.lower() == verb or typed.lower().startswith(f"{verb} "):
            return await answer(ask, typed[len(verb) :].strip())
    raise BadInput(words.unknown_verb(typed.partition(" ")[0], list(VERBS)))


COMMAND = Command(
    "boundaries",
    words.SUMMARY,
    words.USAGE,
    (
        ("policy", "shows the rules, and who changed them when"),
        ("my data", "shows everything that is kept about you"),
        *choice_words.EXAMPLES,
        *silence_words.EXAMPLES,
        *calendar_words.EXAMPLES,
        *oncall_words.EXAMPLES,
    ),
    run,
    for_admins=(*admin.EXAMPLES, *team_views.EXAMPLES, *channel_views.EXAMPLES),
)
VIEWS: dict[str, Submit] = {
    **admin.VIEWS,
    **team_views.VIEWS,
    **channel_views.VIEWS,
    **choices.VIEWS,
    **calendars.VIEWS,
}
ACTIONS: dict[str, Action] = {
    **choices.ACTIONS,
    **silence.ACTIONS,
    **calendars.ACTIONS,
    **calendar_hours.ACTIONS,
}
