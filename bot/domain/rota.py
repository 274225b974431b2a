"""Who is on call: a team's weekly rotation."""

from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.instants import local, start_instant, wall

HANDOVER_MIN = 9 * 60
"""Minutes after local midnight of the weekday the rotation started on."""


@dataclass(frozen=True, slots=True)
class Rota:
    """One team's rotation: from ``starts_on``, a week each, in this order, over and over.

    The pager changes hands at 09:00 in ``tz``, on the weekday of ``starts_on``.
    """

    team_id: str
    user_ids: tuple[str, ...]
    starts_on: date
    tz: str

    def on_call(self, at: int) -> str | None:
        """Who is on call at ``at`` (epoch seconds); None before the rotation begins."""
        week = self._week(at)
        return self.user_ids[week % len(self.user_ids)] if week >= 0 and self.user_ids else None

    def ends_at(self, at: int) -> int:
        """When the shift that is under way at ``at`` is handed over, in epoch seconds.

        Before the rotation begins, when its first shift does.
        """
        weeks = timedelta(weeks=max(self._week(at) + 1, 0))
        return start_instant(wall(self.starts_on, HANDOVER_MIN) + weeks, self.tz)

    def _week(self, at: int) -> int:
        """Which week of the rotation holds ``at``, counted from 0; negative before it begins."""
        now = local(at, self.tz).replace(tzinfo=None)
        return (now - wall(self.starts_on, HANDOVER_MIN)).days // 7


def this_monday(at: int, tz: str) -> date:
    """The Monday of the week that holds ``at``: where a rotation begins unless told otherwise."""
    today = local(at, tz).date()
    return today - timedelta(days=today.weekday())
