"""What a person decides for themselves: who may reach them, when, and when an answer is due.

Every change is one transaction on one person. Nothing here enrols anybody: until hours are set
there is no time outside them, and the surface says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.domain.choices import (
    Choices,
    Treatment,
    recent,
    with_chosen,
    without_chosen,
)
from bot.domain.response import Within
from bot.domain.spans import Span
from bot.errors import BadInput, NotPossible
from bot.services.directory import Directory
from bot.services.hours import Calendar, Hours
from bot.storage import choices
from bot.storage.database import Database
from bot.words import choices as words

MOST_SOURCES = 100
MOST_SPANS = 20


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything the window asks for. ``through`` are the people and channels let through."""

    treatment: Treatment | None
    through: tuple[str, ...]
    reply: Within | None
    return_line: bool


class Choosing:
    """Use cases on one's own choices. Each raises `BadInput` for bots and deleted accounts."""

    def __init__(self, database: Database, directory: Directory, hours: Hours) -> None:
        self._database = database
        self._directory = directory
        self._hours = hours

    async def treat(
        self,
        workspace_id: str,
        user_id: str,
        source_ids: Sequence[str],
        treatment: Treatment | None,
    ) -> Calendar:
        """How messages of these people or channels may reach the person; None as everybody's.

        Raises:
            BadInput: the person named themselves, or there are too many.
        """
        _check_sources(user_id, source_ids)

        def changed(before: Choices) -> Choices:
            sources = {k: v for k, v in before.sources.items() if k not in source_ids}
            if treatment is not None:
                sources |= dict.fromkeys(source_ids, treatment)
            return replace(before, sources=_few(sources))

        return await self._change(workspace_id, user_id, changed)

    async def treat_everyone(
        self, workspace_id: str, user_id: str, treatment: Treatment | None
    ) -> Calendar:
        """How messages of everybody not named may reach the person; None as the policy says."""
        return await self._change(
            workspace_id, user_id, lambda before: replace(before, treatment=treatment)
        )

    async def choose(self, workspace_id: str, user_id: str, wishes: Wishes) -> Calendar:
        """Everything at once, from the window. Sources treated otherwise stay as they are.

        Raises:
            BadInput: the person named themselves, or too many others.
        """
        _check_sources(user_id, wishes.through)

        def changed(before: Choices) -> Choices:
            others = {k: v for k, v in before.sources.items() if v is not Treatment.THROUGH}
            through = dict.fromkeys(wishes.through, Treatment.THROUGH)
            return replace(
                before,
                treatment=wishes.treatment,
                sources=_few({**others, **through}),
                reply_within=str(wishes.reply or ""),
                return_line=wishes.return_line,
            )

        return await self._change(workspace_id, user_id, changed)

    async def mark(self, workspace_id: str, user_id: str, span: Span) -> Calendar:
        """Being reached during ``span`` is the person's own choice.

        Raises:
            BadInput: too many such times.
        """

        def changed(before: Choices) -> Choices:
            chosen = with_chosen(before.chosen, span)
            if len(chosen) > MOST_SPANS:
                raise NotPossible(words.TOO_MANY_SPANS)
            return replace(before, chosen=chosen)

        return await self._change(workspace_id, user_id, changed)

    async def unmark(self, workspace_id: str, user_id: str) -> Calendar:
        """Nothing is the person's own choice from now on."""
        now = self._directory.now()
        return await self._change(
            workspace_id,
            user_id,
            lambda before: replace(before, chosen=without_chosen(before.chosen, now)),
        )

    async def declare_reply(
        self, workspace_id: str, user_id: str, within: Within | None
    ) -> Calendar:
        """Before when no reply is to be expected; None declares nothing."""
        return await self._change(
            workspace_id, user_id, lambda before: replace(before, reply_within=str(within or ""))
        )

    async def set_return_line(self, workspace_id: str, user_id: str, *, on: bool) -> Calendar:
        """Whether the person is told, when back, how many conversations reached them."""
        return await self._change(
            workspace_id, user_id, lambda before: replace(before, return_line=on)
        )

    async def _change(
        self, workspace_id: str, user_id: str, changed: Callable[[Choices], Choices]
    ) -> Calendar:
        await self._hours.calendar(workspace_id, user_id)
        now = self._directory.now()

        def saved(before: Choices) -> Choices:
            after = changed(before)
            return replace(after, chosen=recent(after.chosen, now))

        async with self._database.transaction() as tx:
            await choices.change(tx, workspace_id, user_id, saved)
        await self._directory.refresh(workspace_id)
        return await self._hours.calendar(workspace_id, user_id)


def _check_sources(user_id: str, source_ids: Sequence[str]) -> None:
    if user_id in source_ids:
        raise BadInput(words.YOURSELF)


def _few(sources: dict[str, Treatment]) -> dict[str, Treatment]:
    if len(sources) > MOST_SOURCES:
        raise NotPossible(words.too_many_sources(MOST_SOURCES))
    return sources
