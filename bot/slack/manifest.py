"""What the app asks of Slack, and the manifest that says so."""

BOT_SCOPES = (
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "team:read",
    "usergroups:read",
    "users:read",
)

USER_OPTIONAL_SCOPES = (
    "chat:write",
    "im:write",
    "mpim:write",
    "channels:history",
    "groups:history",
)
"""What a person may grant so that messages are taken back and posted in their own name."""

BOT_EVENTS = (
    "app_home_opened",
    "app_uninstalled",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.mpim",
    "subteam_created",
    "subteam_members_changed",
    "subteam_updated",
    "team_join",
    "tokens_revoked",
    "user_change",
)
