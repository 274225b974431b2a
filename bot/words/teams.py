"""What admins read about teams, and about the channels the bot is in."""

from collections.abc import Mapping, Sequence

from bot.words.times import names

SLACK_SILENT = "Slack did not answer just now, so nothing was changed. Please try again."
WHICH_ZONE = (
    "In which zone does the team read its summary? Add a leader, whose zone it takes, or name one "
    "like `tz Europe/Vienna`."
)
NOT_A_LEADER = "You do not lead this team any more, so there is nothing of yours to show or hide."
TEAM_TITLE = "A team’s summary"
TEAM_SAVE = "Save"
TEAM_GROUP = "User group"
TEAM_CHANNEL = "Channel of the summary"
TEAM_LEADS = "Leaders"
TEAM_TZ = "Zone"
TEAM_TZ_HINT = "Empty for that of the first leader. Example: Europe/Vienna"
TEAM_MANY = "Only the first 100 user groups are listed. For others type `team add @group #channel`."
PART_GROUP = "user group"
PART_CHANNEL = "channel"
WHICH_TEAM = "Which team? For example `{boundaries} team remove @design`."
NO_TEAMS = (
    "No team has a summary yet. Add one with `team add @group #channel lead @ana`, or with `team` "
    "alone."
)


def no_groups(code: str) -> str:
    """Slack does not give its user groups away; ``code`` is its error."""
    if code in {"plan_upgrade_required", "paid_teams_only"}:
        return "User groups need a paid Slack plan, and a team here is a user group."
    return f"Slack did not show me the user groups ({code}). Is `usergroups:read` granted?"


NO_GROUPS_YET = "This workspace has no user group yet. Make one in Slack first: a team is a group."


def no_such_group(wanted: str, handles: Sequence[str]) -> str:
    """A user group Slack does not know."""
    known = f" There is {_listed([f'@{handle}' for handle in handles])}." if handles else ""
    return f"“{wanted}” is not a user group.{known} Pick it from Slack’s list while typing."


def no_such_channel(wanted: str) -> str:
    """A public channel that does not exist."""
    return f"“{wanted}” is not a public channel. A private one is named by its id, like `C0123ABC`."


def no_such_lead(user_id: str) -> str:
    """A leader who is not a person here."""
    return f"<@{user_id}> is not a person I know in this workspace, so cannot lead a team here."


def no_such_team(wanted: str) -> str:
    """A team that has no summary."""
    return f"“{wanted}” has no summary here. `{{boundaries}} team list` shows those that have."


def team_parts_missing(what: str) -> str:
    """Which part of ``team add`` is missing."""
    return (
        f"Which {what}? For example `{{boundaries}} team add @design #design-week lead @ana tz "
        "Europe/Vienna`."
    )


def team_not_understood(rest: str) -> str:
    """Words of ``team add`` that mean nothing."""
    return (
        f"I did not understand “{rest}”. Pick groups, channels and people from Slack’s list, for "
        "example `{boundaries} team add @design #design-week lead @ana tz Europe/Vienna`."
    )


def unknown_team_verb(verb: str) -> str:
    """``team`` with a word that is no verb."""
    return f"“{verb}” is not something I can do with a team. Try `{{boundaries}} team list`."


def team_saved(
    name: str, channel_id: str, tz: str, members: int, *, was_there: bool, posts_there: bool
) -> str:
    """A team was added or changed."""
    done = "changed" if was_there else "added"
    text = (
        f"*{name}* is {done}: {members} members, summary in <#{channel_id}> ({tz}). Whoever was "
        "not asked before gets a welcome in their own hours and decides about taking part."
    )
    if not was_there:
        text += " The first summary comes after two full weeks."
    if posts_there:
        return text
    return f"{text}\nI am not in that channel and cannot join it: please type `/invite` there."


def team_line(name: str, channel_id: str, tz: str, leads: Sequence[str]) -> str:
    """One team of the list; ``leads`` are mentions."""
    led = f", led by {names(list(leads))}" if leads else ""
    return f"• *{name}*: summary in <#{channel_id}>, {tz}{led}"


def team_removed(name: str) -> str:
    """A team was removed."""
    return (
        f"*{name}* gets no summary any more. Its people keep their hours, and are still protected."
    )


CHANNELS_TITLE = "Channels"
CHANNELS_JOIN = "Join these channels"
CHANNELS_HINT = "I can only join public channels. Into a private one I have to be invited."
CHANNELS_SUBMIT = "Join"
CHANNELS_EXPLAIN = "Only where I am a member can I tell people that somebody is off."
NO_CHANNELS = "There is no public channel."
SHOWN_CHANNELS = 60


def channels(inside: Sequence[str], outside: Sequence[str]) -> str:
    """The public channels by id, with and without the bot."""
    if not inside and not outside:
        return NO_CHANNELS
    lines = [f"I am in {len(inside)} of {len(inside) + len(outside)} public channels."]
    for title, found in (("I am in", inside), ("I am not in", outside)):
        if found:
            more = len(found) - SHOWN_CHANNELS
            listed = ", ".join(f"<#{channel_id}>" for channel_id in found[:SHOWN_CHANNELS])
            lines.append(f"*{title}:* {listed}{f' and {more} more' if more > 0 else ''}")
    return "\n".join([*lines, CHANNELS_EXPLAIN])


WHICH_CHANNELS = "Which channels? For example `{boundaries} channels join #design #support`."
REFUSALS = {
    "is_archived": "it is archived",
    "channel_not_found": "it is private, so I have to be invited with `/invite`",
    "method_not_supported_for_channel_type": "it is private, so I have to be invited with "
    "`/invite`",
    "missing_scope": "the app lacks the permission `channels:join`",
    "": "Slack did not answer in time; please try that one again",
}


def joined(refused: Mapping[str, str], done: Sequence[str]) -> str:
    """What came of joining: refused channels with Slack's code (empty: no answer), and the rest."""
    lines = []
    if done:
        lines.append("I am now in " + ", ".join(f"<#{channel_id}>" for channel_id in done) + ".")
    for channel_id, code in refused.items():
        why = REFUSALS.get(code, f"Slack says {code}")
        lines.append(f"I could not join <#{channel_id}>: {why}.")
    return "\n".join(lines)


def _listed(items: Sequence[str]) -> str:
    return ", ".join(f"`{item}`" for item in items)
