"""Every table. Instants are epoch seconds (UTC) in BIGINT, wall times ISO text, ids Slack's own.

Every table has `workspace_id`. Nothing here holds the text of a message, except
`held_messages.sealed` and `urgents.sealed_line`, which are encrypted and emptied on release; a
meeting's title and its organiser's address are in `occurrences.sealed`, encrypted as well.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)


def _workspace(*, primary_key: bool = True) -> Column[str]:
    return Column("workspace_id", Text, primary_key=primary_key, nullable=False)


workspaces = Table(
    "workspaces",
    metadata,
    _workspace(),
    Column("name", Text, nullable=False),
    Column("bot_user_id", Text, nullable=False),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Column("derived_version", BigInteger, nullable=False, server_default="0"),
    Column("installed_at", BigInteger, nullable=False),
    Column("uninstalled_at", BigInteger),
)

people = Table(
    "people",
    metadata,
    _workspace(),
    Column("user_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("tz", Text, nullable=False),
    Column("tz_pinned", Boolean, nullable=False, server_default=text("false")),
    Column("weekly", Text),
    Column("region", Text),
    Column("works_holidays", Boolean, nullable=False, server_default=text("false")),
    Column("enrolled_at", BigInteger),
    Column("welcomed_at", BigInteger),
    Column("is_bot", Boolean, nullable=False, server_default=text("false")),
    Column("is_deleted", Boolean, nullable=False, server_default=text("false")),
    Column("is_admin", Boolean, nullable=False, server_default=text("false")),
    Column("is_foreign", Boolean, nullable=False, server_default=text("false")),
    Column("version", BigInteger, nullable=False, server_default="0"),
    Index(None, "workspace_id", "version"),
)

quiet_windows = Table(
    "quiet_windows",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _workspace(primary_key=False),
    Column("user_id", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Index(None, "workspace_id", "user_id"),
)

overrides = Table(
    "overrides",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _workspace(primary_key=False),
    Column("user_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("start_wall", Text, nullable=False),
    Column("end_wall", Text, nullable=False),
    Column("label", Text, nullable=False, server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Index(None, "workspace_id", "user_id"),
)

policies = Table(
    "policies",
    metadata,
    _workspace(),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False, server_default=""),
)

teams = Table(
    "teams",
    metadata,
    _workspace(),
    Column("team_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("tz", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("removed_at", BigInteger),
)

team_leads = Table(
    "team_leads",
    metadata,
    _workspace(),
    Column("team_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("shares", Boolean, nullable=False, server_default=text("false")),
    ForeignKeyConstraint(["workspace_id", "team_id"], ["teams.workspace_id", "teams.team_id"]),
)

team_members = Table(
    "team_members",
    metadata,
    _workspace(),
    Column("team_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("joined_at", BigInteger, primary_key=True),
    Column("left_at", BigInteger),
    ForeignKeyConstraint(["workspace_id", "team_id"], ["teams.workspace_id", "teams.team_id"]),
)

groups = Table(
    "user_groups",
    metadata,
    _workspace(),
    Column("group_id", Text, primary_key=True),
    Column("members", Text, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
)

conversations = Table(
    "conversations",
    metadata,
    _workspace(),
    Column("channel_id", Text, primary_key=True),
    Column("members", Text, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
)

thread_people = Table(
    "thread_people",
    metadata,
    _workspace(),
    Column("channel_id", Text, primary_key=True),
    Column("thread_ts", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Index(None, "seen_at"),
)

contacts = Table(
    "contacts",
    metadata,
    _workspace(),
    Column("channel_id", Text, primary_key=True),
    Column("ts", Text, primary_key=True),
    Column("recipient_id", Text, primary_key=True),
    Column("author_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recipient_tz", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Index(None, "workspace_id", "at"),
)

unresolved = Table(
    "unresolved",
    metadata,
    _workspace(),
    Column("channel_id", Text, primary_key=True),
    Column("ts", Text, primary_key=True),
    Column("message", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Text, primary_key=True),
    _workspace(primary_key=False),
    Column("kind", Text, nullable=False),
    Column("reader_id", Text, nullable=False),
    Column("channel_id", Text, nullable=False),
    Column("ts", Text, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Column("day", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("response", Text, nullable=False, server_default=""),
    Column("due_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index(
        "uq_notices_message", "workspace_id", "kind", "channel_id", "ts", "reader_id", unique=True
    ),
    Index(
        "uq_notices_quiet_period",
        "workspace_id",
        "reader_id",
        "channel_id",
        "until_at",
        unique=True,
        sqlite_where=text("kind = 'flag' AND status IN ('due', 'sent')"),
        postgresql_where=text("kind = 'flag' AND status IN ('due', 'sent')"),
    ),
    Index(
        "uq_notices_audience_period",
        "workspace_id",
        "reader_id",
        "channel_id",
        "until_at",
        unique=True,
        sqlite_where=text("kind = 'audience' AND status IN ('due', 'sent')"),
        postgresql_where=text("kind = 'audience' AND status IN ('due', 'sent')"),
    ),
    Index("ix_notices_reader_day", "workspace_id", "reader_id", "day"),
    Index(
        "ix_notices_due",
        "due_at",
        sqlite_where=text("status = 'due'"),
        postgresql_where=text("status = 'due'"),
    ),
)

held_messages = Table(
    "held_messages",
    metadata,
    Column("id", Text, primary_key=True),
    _workspace(primary_key=False),
    Column("author_id", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("lane", Text, nullable=False),
    Column("channel_id", Text),
    Column("thread_ts", Text),
    Column("source_ts", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("due_fixed", Boolean, nullable=False, server_default=text("false")),
    Column("retry_at", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("claimed_by", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("returned_code", Text, nullable=False, server_default=""),
    Column("released_channel_id", Text),
    Column("released_ts", Text),
    Column("released_at", BigInteger),
    Column("looked_in_vain", Boolean, nullable=False, server_default=text("false")),
    Column("bundle_id", Text, nullable=False, server_default=""),
    Index(
        "ix_held_messages_due",
        "due_at",
        sqlite_where=text("state IN ('held', 'claimed', 'releasing')"),
        postgresql_where=text("state IN ('held', 'claimed', 'releasing')"),
    ),
    Index("ix_held_messages_author", "workspace_id", "author_id", "state"),
)

hold_recipients = Table(
    "hold_recipients",
    metadata,
    Column("hold_id", Text, primary_key=True),
    Column("user_id", Text, primary_key=True),
    _workspace(primary_key=False),
    ForeignKeyConstraint(["hold_id"], ["held_messages.id"], ondelete="CASCADE"),
    Index(None, "workspace_id", "user_id"),
)

digests = Table(
    "digests",
    metadata,
    _workspace(),
    Column("team_id", Text, primary_key=True),
    Column("iso_week", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("marker", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("retry_at", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("posted_ts", Text),
    Column("posted_at", BigInteger),
    Column("code", Text, nullable=False, server_default=""),
)

message_counts = Table(
    "message_counts",
    metadata,
    _workspace(),
    Column("day", Text, primary_key=True),
    Column("messages", BigInteger, nullable=False, server_default="0"),
    Column("reached", BigInteger, nullable=False, server_default="0"),
    Column("hours_unknown", BigInteger, nullable=False, server_default="0"),
    Column("broadcasts", BigInteger, nullable=False, server_default="0"),
    Column("unresolved", BigInteger, nullable=False, server_default="0"),
)

grants = Table(
    "grants",
    metadata,
    _workspace(),
    Column("user_id", Text, primary_key=True),
    Column("scopes", Text, nullable=False),
    Column("sealed_token", LargeBinary, nullable=False),
    Column("granted_at", BigInteger, nullable=False),
)

choices = Table(
    "choices",
    metadata,
    _workspace(),
    Column("user_id", Text, primary_key=True),
    Column("treatment", Text, nullable=False, server_default=""),
    Column("silence", Boolean, nullable=False, server_default=text("false")),
    Column("status", Boolean, nullable=False, server_default=text("false")),
    Column("urgent_rings", Boolean, nullable=False, server_default=text("false")),
    Column("auto_hold", Boolean, nullable=False, server_default=text("false")),
    Column("reply_within", Text, nullable=False, server_default=""),
    Column("return_line", Boolean, nullable=False, server_default=text("true")),
)

choice_sources = Table(
    "choice_sources",
    metadata,
    _workspace(),
    Column("user_id", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("treatment", Text, nullable=False),
)

chosen_spans = Table(
    "chosen_spans",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _workspace(primary_key=False),
    Column("user_id", Text, nullable=False),
    Column("start_at", BigInteger, nullable=False),
    Column("end_at", BigInteger, nullable=False),
    Index(None, "workspace_id", "user_id"),
)

silences = Table(
    "silences",
    metadata,
    _workspace(),
    Column("user_id", Text, primary_key=True),
    Column("aim", Text, nullable=False, server_default=""),
    Column("snoozed_until_at", BigInteger, nullable=False, server_default="0"),
    Column("asked_until_at", BigInteger, nullable=False, server_default="0"),
    Column("resumed_until_at", BigInteger, nullable=False, server_default="0"),
    Column("status_until_at", BigInteger, nullable=False, server_default="0"),
    Column("status_texts", Text, nullable=False, server_default=""),
    Column("due_at", BigInteger, nullable=False),
    Column("retry_at", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("silence_code", Text, nullable=False, server_default=""),
    Column("status_code", Text, nullable=False, server_default=""),
    Index("ix_silences_due", "due_at"),
)

audiences = Table(
    "audiences",
    metadata,
    _workspace(),
    Column("channel_id", Text, primary_key=True),
    Column("ts", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("author_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("working", Integer, nullable=False),
    Column("quiet", Integer, nullable=False),
    Column("off", Integer, nullable=False),
    Column("hours_unknown", Integer, nullable=False),
    Index(None, "workspace_id", "at"),
)

urgents = Table(
    "urgents",
    metadata,
    _workspace(),
    Column("channel_id", Text, primary_key=True),
    Column("ts", Text, primary_key=True),
    Column("recipient_id", Text, primary_key=True),
    Column("author_id", Text, nullable=False),
    Column("told_id", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("sealed_line", LargeBinary),
    Column("at", BigInteger, nullable=False),
    Column("day", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("marker", Text, nullable=False),
    Column("sound", Text, nullable=False, server_default=""),
    Column("code", Text, nullable=False, server_default=""),
    Column("retry_at", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("asked_in", Text, nullable=False, server_default=""),
    Column("verdict", Text, nullable=False, server_default=""),
    Column("judged_at", BigInteger),
    Index(None, "workspace_id", "at"),
    Index(None, "workspace_id", "told_id"),
    Index("ix_urgents_author_day", "workspace_id", "author_id", "day"),
    Index(
        "ix_urgents_due",
        "at",
        sqlite_where=text("state IN ('due', 'telling')"),
        postgresql_where=text("state IN ('due', 'telling')"),
    ),
)

rotas = Table(
    "rotas",
    metadata,
    _workspace(),
    Column("team_id", Text, primary_key=True),
    Column("user_ids", Text, nullable=False),
    Column("starts_on", Text, nullable=False),
    ForeignKeyConstraint(["workspace_id", "team_id"], ["teams.workspace_id", "teams.team_id"]),
)

hints = Table(
    "hints",
    metadata,
    _workspace(),
    Column("author_id", Text, primary_key=True),
    Column("recipient_id", Text, primary_key=True),
    Column("not_useful", Integer, nullable=False),
    Column("silent_until_at", BigInteger, nullable=False),
)

beats = Table(
    "beats",
    metadata,
    _workspace(),
    Column("at", BigInteger, nullable=False),
    Column("machine_at", BigInteger, nullable=False),
)

coverage_gaps = Table(
    "coverage_gaps",
    metadata,
    _workspace(),
    Column("reason", Text, primary_key=True),
    Column("start_at", BigInteger, primary_key=True),
    Column("end_at", BigInteger, nullable=False),
)

slot_burdens = Table(
    "slot_burdens",
    metadata,
    _workspace(),
    Column("group_key", Text, primary_key=True),
    Column("start_at", BigInteger, primary_key=True),
    Column("user_id", Text, primary_key=True),
    Column("minutes", Integer, nullable=False),
)

calendars = Table(
    "calendars",
    metadata,
    _workspace(),
    Column("user_id", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("sealed_credentials", LargeBinary, nullable=False),
    Column("address", Text, nullable=False),
    Column("treatment", Text, nullable=False, server_default="flag"),
    Column("judges_all_day", Boolean, nullable=False, server_default=text("false")),
    Column("keywords", Text, nullable=False, server_default=""),
    Column("lacks", Text, nullable=False, server_default=""),
    Column("token", Text, nullable=False, server_default=""),
    Column("window_start_at", BigInteger, nullable=False, server_default="0"),
    Column("window_end_at", BigInteger, nullable=False, server_default="0"),
    Column("connected_at", BigInteger, nullable=False),
    Column("synced_at", BigInteger),
    Column("judged_version", BigInteger, nullable=False, server_default="-1"),
    Column("due_at", BigInteger, nullable=False),
    Column("retry_at", BigInteger, nullable=False, server_default="0"),
    Column("lease_until", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("code", Text, nullable=False, server_default=""),
    Column("refresh_lease_until", BigInteger, nullable=False, server_default="0"),
    Column("watch_at", BigInteger, nullable=False, server_default="0"),
    Index("ix_calendars_due", "due_at"),
)

push_channels = Table(
    "push_channels",
    metadata,
    Column("channel_id", Text, primary_key=True),
    _workspace(primary_key=False),
    Column("user_id", Text, nullable=False),
    Column("resource_id", Text, nullable=False),
    Column("secret_hash", Text, nullable=False),
    Column("until_at", BigInteger, nullable=False),
    Index(None, "workspace_id", "user_id"),
    Index(None, "resource_id"),
)

occurrences = Table(
    "occurrences",
    metadata,
    _workspace(),
    Column("user_id", Text, primary_key=True),
    Column("uid", Text, primary_key=True),
    Column("recurrence_id", Text, primary_key=True),
    Column("object_id", Text, nullable=False),
    Column("etag", Text, nullable=False),
    Column("series_at", BigInteger, nullable=False),
    Column("start_at", BigInteger, nullable=False),
    Column("end_at", BigInteger, nullable=False),
    Column("organizer_id", Text, nullable=False),
    Column("organizer_hash", Text, nullable=False),
    Column("attendee_ids", Text, nullable=False),
    Column("attendee_count", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("is_own", Boolean, nullable=False),
    Column("is_recurring", Boolean, nullable=False),
    Column("is_transparent", Boolean, nullable=False),
    Column("is_all_day", Boolean, nullable=False),
    Column("is_optional", Boolean, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("sealed", LargeBinary),
    Column("booked_at", BigInteger, nullable=False),
    Column("unclear", Text, nullable=False, server_default=""),
    Column("outside_min", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default=""),
    Column("rule", Text, nullable=False, server_default=""),
    Column("acted_start_at", BigInteger, nullable=False, server_default="0"),
    Column("acted_end_at", BigInteger, nullable=False, server_default="0"),
    Column("acted_sequence", Integer, nullable=False, server_default="0"),
    Column("our_answer", Text, nullable=False, server_default=""),
    Column("is_marked", Boolean, nullable=False, server_default=text("false")),
    Column("errand", Text, nullable=False, server_default=""),
    Column("is_tried", Boolean, nullable=False, server_default=text("false")),
    Column("resets", Integer, nullable=False, server_default="0"),
    Column("retry_at", BigInteger, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("code", Text, nullable=False, server_default=""),
    Index(None, "workspace_id", "user_id", "object_id"),
    Index(None, "workspace_id", "uid", "series_at"),
    Index(None, "workspace_id", "start_at"),
)

absences = Table(
    "absences",
    metadata,
    _workspace(),
    Column("user_id", Text, primary_key=True),
    Column("object_id", Text, primary_key=True),
    Column("start_at", BigInteger, primary_key=True),
    Column("end_at", BigInteger, nullable=False),
    Column("is_all_day", Boolean, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)

addresses = Table(
    "addresses",
    metadata,
    _workspace(),
    Column("address_hash", Text, primary_key=True),
    Column("user_id", Text, nullable=False),
    Column("source", Text, primary_key=True),
    Index(None, "workspace_id", "user_id"),
)

told_organizers = Table(
    "told_organizers",
    metadata,
    _workspace(),
    Column("organizer_id", Text, primary_key=True),
    Column("uid", Text, primary_key=True),
    Column("series_at", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
)
