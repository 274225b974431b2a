"""Allowing the app to act in one's own name."""

BAD_LINK = "This link is not one of ours. Open the app’s Home tab in Slack and start from there."
OLD_LINK = "This link is more than a day old. Open the app’s Home tab in Slack and start again."
SOMEBODY_ELSE = (
    "You are signed in to Slack as somebody else than the person who started this, so nothing was "
    "kept. Open the app’s Home tab with the account you want to use."
)
DENIED = "Nothing was allowed, and nothing changed. You can close this page."
NOT_NOW = "Slack could not be asked just now, so nothing was kept. Please start again in a minute."
NOT_KEPT = (
    "Slack took note of your permission, but it could not be saved here just now, so nothing "
    "changed. Please start again in the app’s Home tab in a minute."
)
IN_PART = (
    "Slack says that only a part of it was allowed, so this stays off. You can start again in the "
    "app’s Home tab. You can close this page."
)
THANKS = {
    "send": (
        "Thank you. When you hold a message you already posted, Offhours takes it back and posts "
        "it again in your name. You can withdraw this in the app’s Home tab. You can close this "
        "page."
    ),
    "silence": (
        "Thank you. Outside your hours Offhours snoozes your notifications, until you are back. "
        "You can switch this off in the app’s Home tab. You can close this page."
    ),
    "status": (
        "Thank you. Outside your hours your status says until when you are off. You can switch "
        "this off in the app’s Home tab. You can close this page."
    ),
    "dms": (
        "Thank you. Whoever writes to you directly while you are off is told so, and you are told "
        "when you write to somebody who is off. You can withdraw this in the app’s Home tab. You "
        "can close this page."
    ),
}
"""By purpose."""

HEADER = "What Offhours may do for you"
OFFERS = {
    "send": (
        "*In your own name.* Take back a message you posted, when you ask for it, and post it "
        "again in your name when they are back. Without it, they can be reminded with a link."
    ),
    "silence": (
        "*Silence.* Snooze your notifications from closing to opening, so that nothing rings. "
        "Without it, only the people who write to you are told that you are off."
    ),
    "status": "*Status.* Show “Off until Mon 09:00” while you are off, when you have set no other.",
    "dms": (
        "*Direct messages.* See when somebody writes to you directly, and whom you write to, so "
        "that the author can be told. The text is never kept. Without it, direct messages between "
        "people are not seen."
    ),
}
"""By purpose."""

ALLOW = "Allow…"
ALLOWED = {
    "send": "*In your own name:* allowed. Messages are taken back when you ask for it.",
    "silence": "*Silence:* allowed.",
    "status": "*Status:* allowed.",
    "dms": "*Direct messages:* allowed. Authors are told when you are off; no text is kept.",
}
"""By purpose."""

WITHDRAWING = "Slack keeps one permission for all of these, so withdrawing ends them together."
WITHDRAW = "Withdraw all"
