"""The sentences of the weekly summary: calm, one thought each, never a name.

Sentences speak of the team; figures stand beside them. Plain values in, text out: the keys of
the tables below are the plain values of `bot.digest`, and a test holds the two together.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

HEADLINES: Mapping[str, str] = {
    "none": (
        "A quiet week: as far as Offhours could see, nobody was reached outside their hours. "
        "Well done, everyone."
    ),
    "some": (
        "Messages arrived outside somebody’s hours. How many is not told, because people of this "
        "team are counted in other teams too. Whatever can wait, /later holds until people are "
        "back."
    ),
    "under 1": (
        "A calm week: fewer than one message per person, on average, arrived outside "
        "somebody’s hours."
    ),
    "under 2": (
        "Fewer than two messages per person arrived outside somebody’s hours. "
        "Much of that can wait: a button on the notice holds it, or reminds people later."
    ),
    "1–2": (
        "One or two messages per person arrived outside somebody’s hours. "
        "Much of that can wait: a button on the notice holds it, or reminds people later."
    ),
    "2–4": (
        "Two to four messages per person arrived outside somebody’s hours. "
        "It may help to agree in the team what can wait until people are back."
    ),
    "2 or more": (
        "Two or more messages per person arrived outside somebody’s hours. "
        "It may help to agree in the team what can wait until people are back."
    ),
    "over 4": (
        "More than four messages per person arrived outside somebody’s hours. "
        "That is a lot to carry: please talk about what could wait, and what keeps it from waiting."
    ),
}

DIRECTIONS: Mapping[str, str] = {
    "lower": "That is less per person than in the team’s recent weeks.",
    "same": "That is about the same per person as in the team’s recent weeks.",
    "higher": (
        "That is more per person than in the team’s recent weeks. "
        "Did something change? It is easier to mend while it is new."
    ),
}

KINDS: Mapping[str, str] = {
    "mention": "mentions",
    "group": "group mentions",
    "thread": "thread replies",
    "dm": "direct messages",
    "group_dm": "group messages",
}

KIND_ADVICE: Mapping[str, str] = {
    "mention": "Where a mention can wait, /later delivers it when the person is back.",
    "group": "Naming only the people who are needed leaves the rest of a group in peace.",
    "thread": "A reply late in the day can be sent from the thread with “Send when they’re back”.",
    "dm": "A direct message feels urgent even when it is not: /later lets it wait.",
    "group_dm": "A channel is a calmer place than a group message: people read it when they work.",
}

TIMES: Mapping[str, str] = {
    "workday night": "workday nights",
    "workday morning": "workday mornings",
    "workday afternoon": "workday afternoons",
    "workday evening": "workday evenings",
    "day off night": "day-off nights",
    "day off morning": "day-off mornings",
    "day off afternoon": "day-off afternoons",
    "day off evening": "day-off evenings",
}

TIME_ADVICE: Mapping[str, str] = {
    "workday night": "Is it another time zone? Writing with /later costs the author nothing.",
    "workday morning": "People start at different times: an early thought can wait for their day.",
    "workday afternoon": "Some days end early: a look at the hours in a profile helps.",
    "workday evening": "A thought after hours keeps well: hold it until the next morning.",
    "day off night": "Nothing written at night on a day off is read sooner for it.",
    "day off morning": "What is written on a day off can be held until the next working day.",
    "day off afternoon": "What is written on a day off can be held until the next working day.",
    "day off evening": "Planning the coming week? Hold it until the week begins.",
}

BALANCE: Mapping[str, str] = {
    "even": "It was spread evenly over the team.",
    "uneven": (
        "It was spread unevenly over the team. Taking turns with what has to be answered at odd "
        "hours helps."
    ),
    "few": (
        "Most of it fell on a few people. It may be time to share what they are asked for: a "
        "rota, a second person who knows, a page that answers."
    ),
}

NIGHTS: Mapping[str, str] = {
    "most": "Most nights stayed undisturbed. That is worth keeping.",
    "more than half": (
        "More than half of the nights stayed undisturbed. "
        "What is written late can be held until the next working day."
    ),
    "half or less": (
        "Half of the nights or fewer stayed undisturbed. "
        "An evening without messages, agreed in the team, is a good beginning."
    ),
}

RESTED = "Every night left eleven hours of rest in one piece. That is worth keeping."

_SOME_MEETINGS = (
    "Part of the meetings lay outside somebody’s hours. "
    "Where a meeting repeats, its time can take turns."
)
MEETINGS: Mapping[str, str] = {
    "none": "Every meeting lay inside everybody’s hours. That is worth keeping.",
    "some": _SOME_MEETINGS,
    "under 1": _SOME_MEETINGS,
    "under 2": (
        "Less than two hours of meetings per person lay outside somebody’s hours. "
        "Where a meeting repeats, its time can take turns."
    ),
    "1–2": (
        "One or two hours of meetings per person lay outside somebody’s hours. "
        "Where a meeting repeats, its time can take turns."
    ),
    "2–4": (
        "Two to four hours of meetings per person lay outside somebody’s hours. "
        "Could one of them become a page that people read when they work?"
    ),
    "2 or more": (
        "Two or more hours of meetings per person lay outside somebody’s hours. "
        "Could one of them become a page that people read when they work?"
    ),
    "over 4": (
        "More than four hours of meetings per person lay outside somebody’s hours. "
        "Please talk about which of them the team can do without."
    ),
}

REST = "all other"
PER_PERSON = "contacts per person"
PEOPLE = "people with hours set"
CHANNELS = "public channels seen"
AUDIENCES = "messages to everyone at once"

COUNTING = (
    "Counted are people who set their hours and worked that week. Figures are coarse, and need "
    "at least five people behind them, because in a smaller group a figure could be traced back "
    "to one person."
)

_WHY_FIVE = (
    "In so small a group a figure could be traced back to one person, so none is shown below five."
)

NOT_ENOUGH: Mapping[str, str] = {
    "small team": (
        "Not enough data for a summary: this team has fewer than five people. "
        f"{_WHY_FIVE} Everybody’s hours are kept as before. "
        "An admin can make a user group of this team and one it works with, and add that: "
        "/boundaries team add."
    ),
    "few enrolled": (
        "Not enough data for a summary: fewer than five people of this team have set their hours. "
        f"{_WHY_FIVE} Anyone can join in with /hours, or with “These fit” in the welcome message."
    ),
    "few working": (
        "Not enough data for a summary: fewer than five people of this team worked that week. "
        f"{_WHY_FIVE} There is nothing to do: the summary is back when they are."
    ),
}

WARMING_UP = (
    "This team’s first summary comes after two weeks of getting to know its ordinary days. "
    "Until then nothing is shown, so that one unusual week does not look like the rule. "
    "There is nothing to do."
)


def title(team_name: str, iso_week: str) -> str:
    """The heading of one summary, for a week like ``2026-W44``."""
    year, _, week = iso_week.partition("-W")
    return f"Outside hours: {team_name}, week {int(week)} of {year}"


def by_kind(labels: Iterable[str], advice_for: str) -> str:
    """How it arrived, the published kinds only, with advice on the one named most often."""
    return f"It reached people as {_and(labels)}. {KIND_ADVICE[advice_for]}"


def by_time(labels: Iterable[str], advice_for: str) -> str:
    """When it arrived, the published times only, with advice on the one named most often."""
    return f"It reached people on {_and(labels)}, by their own clocks. {TIME_ADVICE[advice_for]}"


def mostly_kind(advice_for: str) -> str:
    """How it arrived most often, where counts may not be shown."""
    return f"Most often it reached people as {KINDS[advice_for]}. {KIND_ADVICE[advice_for]}"


def mostly_time(advice_for: str) -> str:
    """When it arrived most often, where counts may not be shown."""
    return (
        f"Most often it reached people on {TIMES[advice_for]}, by their own clocks. "
        f"{TIME_ADVICE[advice_for]}"
    )


def averted(count: int | None) -> str:
    """What waited until people were back; None when an exact count may not be shown."""
    if count is None:
        return "Some messages waited until people were back. Thank you to those who held them."
    return f"{count} times, a message waited until somebody was back. Thank you for holding it."


def urgent(count: int | None) -> str:
    """What was declared urgent; None when an exact count may not be shown."""
    if count is None:
        return "Some of it was declared urgent."
    return (
        f"{count} times, it was declared urgent. If that happens often, agreed on-call hours help."
    )


def verdicts(*, was_urgent: bool) -> str:
    """What the recipients said about it the next morning."""
    if was_urgent:
        return "Of what recipients judged afterwards, more than half had been urgent."
    return (
        "Of what recipients judged afterwards, half or more could have waited. "
        "It helps to say in the team what urgent means."
    )


def leaders(count: int | None, *, everybody: bool) -> str:
    """What leaders start; ``everybody``: all leaders of the team are meant."""
    who = _leaders(everybody=everybody)
    if count is None:
        return f"Some of it was written by {who}."
    return f"{count} times, it was written by {who}. What leaders hold back, others hold back too."


def leaders_quiet(*, everybody: bool) -> str:
    """That leaders started nothing."""
    return f"None of it was written by {_leaders(everybody=everybody)}. Thank you for leading so."


def rest_gaps(count: int | None) -> str:
    """Nights without eleven hours in one piece; None when a count may not be shown."""
    if count is None:
        return (
            "Some nights did not leave eleven hours of rest in one piece. "
            "After such a night, a later start is fair."
        )
    return (
        f"{count} nights did not leave eleven hours of rest in one piece. "
        "After such a night, a later start is fair."
    )


def pulse(*, obliged: bool) -> str:
    """Whether people felt they had to respond."""
    if obliged:
        return (
            "More than half of those who answered felt they had to respond outside their hours. "
            "Saying when a reply is expected takes that away."
        )
    return "At most half of those who answered felt they had to respond outside their hours."


def weekend(*, some: bool) -> str:
    """Whether it took days that are free in people's own weeks."""
    if some:
        return (
            "Some of it lay on days that are free in somebody’s own week. "
            "A free day is easiest to give back by moving the meeting for good."
        )
    return "None of it lay on days that are free in people’s own weeks."


def leaders_meetings(*, some: bool, everybody: bool) -> str:
    """Whether leaders called meetings outside others' hours."""
    who = _leaders(everybody=everybody)
    if some:
        return (
            f"Some of these meetings were called by {who}. "
            "A meeting is hard to decline when a leader calls it."
        )
    return f"None of these meetings were called by {who}. Thank you for leading so."


ZONES_EVEN = "It fell about evenly on the team’s zones."


def zone_most(clock: str) -> str:
    """On whose clocks more of it fell than on all others, per person."""
    return (
        f"Per person, more of it fell on those whose clocks show {clock} than on everybody else. "
        "When the hour of a meeting takes turns, everybody carries a part: /meet keeps count."
    )


def clock_of(offset: timedelta | None) -> str:
    """``UTC+1``, ``UTC−3:30``, ``UTC``: what clocks show beside it."""
    minutes = round((offset or timedelta()).total_seconds() / 60)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def short_notice(*, mostly: bool) -> str:
    """Whether most meeting time was booked less than a day ahead."""
    if mostly:
        return (
            "More than half of people’s meeting time was booked a day ahead or less. "
            "A day’s notice lets people arrange the rest of their day."
        )
    return "At least half of people’s meeting time was booked more than a day ahead."


def exceptions(count: int, ending: int) -> str:
    """The exceptions in force, and how many of them are over by the next week."""
    one = count == 1
    told = f"{count} {'exception is' if one else 'exceptions are'} in force"
    ends = f", {ending} of which {'ends' if ending == 1 else 'end'} this week" if ending else ""
    asked = "it is" if one else "they are"
    return f"{told}{ends}. The policy says why; please look whether {asked} still needed."


FEW, MANY = 1 / 10, 1 / 3


def hints(share: float) -> str:
    """How many hints authors called not useful."""
    if share < FEW:
        return "Few of the hints to authors were called not useful."
    if share <= MANY:
        return "Some of the hints to authors were called not useful."
    return (
        "Many of the hints to authors were called not useful. Are everybody’s hours set as they "
        "are lived?"
    )


def coverage(*, dms_seen: bool, hours_unknown: bool, unheard_s: int = 0) -> str:
    """What the summary could see, and what it could not."""
    dms = (
        "Direct messages are seen only where one of the two people allowed it."
        if dms_seen
        else "Direct messages are not seen."
    )
    unknown = (
        " Some messages reached people whose hours are not known; they are not counted."
        if hours_unknown
        else ""
    )
    unheard = f" {_unheard(unheard_s)}" if unheard_s else ""
    return f"This is what Offhours could see. {dms}{unknown}{unheard}"


def _unheard(seconds: int) -> str:
    hours = round(seconds / 3_600)
    about = f"about {hours} hours" if hours > 1 else "up to an hour"
    return f"For {about} it did not hear everything, so there may have been more."


def share(part: int, whole: int) -> str:
    """A figure such as ``7 of 9``."""
    return f"{part} of {whole}"


def _leaders(*, everybody: bool) -> str:
    return "the team’s leaders" if everybody else "leaders who chose to show it"


def _and(labels: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = labels
    return f"{', '.join(first)} and {last}" if first else last
