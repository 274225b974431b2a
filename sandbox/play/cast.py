"""Who plays: two teams in four cities. Every account is fictional."""

from dataclasses import dataclass

from sandbox.people import Person
from sandbox.records import App, Channel, UserGroup
from sandbox.workspace import Sandbox

VIENNA, LISBON = "Europe/Vienna", "Europe/Lisbon"
NEW_YORK, TOKYO = "America/New_York", "Asia/Tokyo"


@dataclass(frozen=True, slots=True)
class Part:
    """One account. ``hours`` is what is typed after `/hours`; none: the suggested ones fit."""

    name: str
    tz: str
    about: str
    hours: tuple[str, ...] = ()
    is_admin: bool = False


DESIGN = (
    Part("Ana", VIENNA, "in Vienna", ("set mon-fri 9-17", "holidays AT-9", "reply 1 day")),
    Part("Bela", VIENNA, "in Vienna, leads Design", ("set mon-fri 9-17:30", "holidays AT"), True),
    Part("Carla", LISBON, "in Lisbon", ("set mon-fri 9-18",)),
    Part("Dinis", LISBON, "in Lisbon, a split day", ("set mon-thu 9-12:30, 14:30-18; fri 9-13",)),
    Part("Eli", NEW_YORK, "in New York", ("set mon-fri 9-17",)),
    Part("Fay", NEW_YORK, "in New York, on leave", ("off 19 oct - 8 jan",)),
    Part("Goro", TOKYO, "in Tokyo", ("set mon-fri 10-19",)),
    Part("Haru", TOKYO, "in Tokyo", ("set mon-fri 9-18",)),
)
OPS = (
    Part("Ines", LISBON, "in Lisbon, leads Ops"),
    Part("Jonas", VIENNA, "in Vienna, works nights", ("set sun-thu 22:00-06:00",)),
    Part("Kei", TOKYO, "in Tokyo", ("set mon-fri 10-19",)),
    Part("Lou", NEW_YORK, "in New York"),
)


@dataclass(frozen=True, slots=True)
class Team:
    """A user group, the channel its people talk in, and the channel of its summary."""

    group: UserGroup
    parts: tuple[Part, ...]
    channel: Channel
    summary: Channel
    tz: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody by name, and the two teams."""

    people: dict[str, Person]
    design: Team
    ops: Team

    def __getitem__(self, name: str) -> Person:
        """The person of that name."""
        return self.people[name]


def assemble(sandbox: Sandbox, app: App) -> Cast:
    """Put everybody into the workspace, and the bot into the channels people talk in."""
    people = {
        part.name: sandbox.add_user(part.name, part.tz, is_admin=part.is_admin)
        for part in (*DESIGN, *OPS)
    }
    return Cast(
        people,
        _team(sandbox, app, "design", DESIGN, people, VIENNA),
        _team(sandbox, app, "ops", OPS, people, LISBON),
    )


def _team(
    sandbox: Sandbox,
    app: App,
    handle: str,
    parts: tuple[Part, ...],
    people: dict[str, Person],
    tz: str,
) -> Team:
    members = [people[part.name] for part in parts]
    return Team(
        sandbox.add_usergroup(handle, handle.title(), members),
        parts,
        sandbox.add_channel(handle, [*members, app]),
        sandbox.add_channel(f"{handle}-pulse", members),
        tz,
    )
