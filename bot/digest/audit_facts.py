"""What an audit reads: the accounts of an export, its conversations and its records. No text stays.

The field names are those of Slack's export. Decoding is lenient by type, not by meaning: a field
of another type than here makes `bot.slack.export` read that file's records one by one.
"""

from enum import StrEnum

import msgspec


class Record(msgspec.Struct, gc=False):
    """One object of a day file, as far as it is needed.

    Attributes:
        ts: id and instant in one, epoch seconds; microseconds survive in a float until 2100.
        thread_ts: the `ts` of the thread's first message, which carries it too; 0 outside threads.
        edited: present when a person edited the message; what is in it is not read.
        text: searched for mentions and let go.
    """

    type: str | None = None
    subtype: str | None = None
    ts: float = 0.0
    user: str | None = None
    bot_id: str | None = None
    text: str | None = None
    thread_ts: float = 0.0
    edited: msgspec.Raw | None = None


class Profile(msgspec.Struct):
    """The part of a profile a person may be named by in a file of hours."""

    email: str | None = None
    display_name: str | None = None
    real_name: str | None = None


class Account(msgspec.Struct):
    """One entry of ``users.json``.

    Attributes:
        tz: IANA zone key; Slack leaves it out for deleted accounts.
        tz_offset: seconds east of UTC on the day of the export, wrong in half of every year.
    """

    id: str
    name: str | None = None
    real_name: str | None = None
    deleted: bool | None = None
    is_bot: bool | None = None
    tz: str | None = None
    tz_offset: int | None = None
    profile: Profile | None = None

    @property
    def bot(self) -> bool:
        """Whether nobody reads what reaches it; Slackbot's own entry does not say so."""
        return bool(self.is_bot) or self.id == "USLACKBOT"

    @property
    def names(self) -> tuple[str, ...]:
        """What a file of hours or teams may call this account, its id first."""
        profile = self.profile or Profile()
        found = (self.id, profile.email, self.name, profile.display_name, self.real_name)
        return tuple(dict.fromkeys(each for each in (*found, profile.real_name) if each))


class Conversation(StrEnum):
    """What a folder of the export holds, by the list it is named in."""

    CHANNEL = "channel"
    PRIVATE = "private"
    GROUP_DM = "group_dm"
    DM = "dm"


MERGED = {Conversation.DM: "(direct messages)", Conversation.GROUP_DM: "(group messages)"}
"""Folders of these kinds are counted as one: a single one of them is two or a few people."""
