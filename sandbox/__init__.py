"""A Slack workspace in one process, to develop, test and try the bot without Slack.

It implements what Slack documents, and what it does not implement it refuses.
"""

from sandbox.clock import SandboxClock
from sandbox.faults import Fault, Faults
from sandbox.people import Person
from sandbox.records import (
    Answer,
    ApiCall,
    App,
    Channel,
    Delivery,
    Message,
    Ring,
    User,
    UserGroup,
    View,
)
from sandbox.workflows import Workflow
from sandbox.workspace import Sandbox

__all__ = [
    "Answer",
    "ApiCall",
    "App",
    "Channel",
    "Delivery",
    "Fault",
    "Faults",
    "Message",
    "Person",
    "Ring",
    "Sandbox",
    "SandboxClock",
    "User",
    "UserGroup",
    "View",
    "Workflow",
]
