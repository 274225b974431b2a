"""Allowing the app to act in one's own name."""

BAD_LINK = "This link is not one of ours. Open the app’s Home tab in Slack and start from there."
OLD_LINK = "This link is more than a day old. Open the app’s Home tab in Slack and start again."
SOMEBODY_ELSE = (
    "You are signed in to Slack as somebody else than the person who started this, so nothing was "
    "kept. Open the app’s Home tab with the account you want to use."
)
DENIED = "Nothing was allowed, and nothing changed. You can close this page."
NOT_NOW = "Slack could not be asked just now, so nothing was kept. Please start again in a minute."
THANKS = (
    "Thank you. When you hold a message you already posted, Offhours takes it back and posts it "
    "again in your name. You can withdraw this in the app’s Home tab. You can close this page."
)

HEADER = "In your own name"
OFFER = (
    "Allow Offhours to take back a message you posted, when you ask for it, and to post it again "
    "in your name when they are back. Without it, it can remind them with a link."
)
ALLOW = "Allow…"
ALLOWED = "Offhours may take back and post messages in your name, when you ask for it."
WITHDRAW = "Withdraw"
