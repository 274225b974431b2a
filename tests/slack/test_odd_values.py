"""Buttons, windows and events with values that nobody here wrote: a sentence, and never a 500."""

import itertools
import json
from urllib.parse import urlencode

import pytest

from bot.slack import actions, views
from bot.words.commands import NOT_READ
from tests.conftest import enrolled

pytestmark = pytest.mark.slow

ODD = ("", "x", ":", "0:99999999999999999999999", "99999999999999999999999:0", "0:" + "9" * 5_000)
METADATA = ("", "x", "[]", "{}", '{"channel_id": "C1", "ts": "1.0"}')
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
async def bo(office):
    found = office.sandbox.add_user("bo", "Europe/Lisbon")
    await enrolled(office, found)
    await office.settle()
    return found


async def interact(office, user, kind, **payload):
    """What Slack sends when somebody pressed or submitted something."""
    body = {
        "type": kind,
        "team": {"id": "T0SANDBOX"},
        "user": {"id": user.id},
        "trigger_id": "1.1",
        "api_app_id": office.app.app_id,
        **payload,
    }
    form = urlencode({"payload": json.dumps(body)}).encode()
    return await office.sandbox.deliver_raw(office.app, form, content_type=FORM)


def window(callback_id, metadata, values):
    """A modal as it comes back."""
    return {
        "id": "V1",
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": metadata,
        "state": {"values": values},
        "blocks": [],
    }


async def test_every_button_answers_to_every_value(office, bo):
    broken = []
    for action_id, value in itertools.product(actions.table(), ODD):
        pressed = {"action_id": action_id, "block_id": "b", "type": "button", "value": value}
        status, _ = await interact(office, bo, "block_actions", actions=[pressed])
        broken += [(action_id, value[:30], status)] * (status != 200)
    assert broken == []


async def test_every_window_answers_to_every_content(office, bo):
    broken = []
    nothing = {"reason": {"value": {"type": "static_select", "selected_option": None}}}
    for callback_id, metadata, values in itertools.product(
        views.submissions(), METADATA, ({}, nothing)
    ):
        view = window(callback_id, metadata, values)
        status, _ = await interact(office, bo, "view_submission", view=view)
        broken += [(callback_id, metadata, status)] * (status != 200)
    assert broken == []


async def test_what_could_not_be_read_is_said(office, bo):
    """Where a button has nowhere to answer, in a window; and in place of the window itself."""
    pressed = {"action_id": "return_where", "block_id": "b", "type": "button", "value": "x"}
    await interact(office, bo, "block_actions", actions=[pressed])
    (opened,) = office.sandbox.calls_to("views.open")
    assert NOT_READ in str(opened)
    view = window("flag_urgent_reason", "x", {})
    _, answer = await interact(office, bo, "view_submission", view=view)
    assert NOT_READ in str(answer)


async def test_an_event_that_cannot_be_read_is_not_sent_again(office, bo):
    for until in ("soon", "9" * 5_000, [1], {"at": 1}):
        dnd = {"snooze_enabled": True, "snooze_endtime": until}
        body = {
            "type": "event_callback",
            "team_id": "T0SANDBOX",
            "api_app_id": office.app.app_id,
            "event": {"type": "dnd_updated", "user": bo.id, "dnd_status": dnd, "event_ts": "1.0"},
            "event_id": "Ev1",
            "event_time": 1,
            "authorizations": [{"team_id": "T0SANDBOX", "user_id": "U0BOT", "is_bot": True}],
        }
        status, _ = await office.sandbox.deliver_raw(office.app, json.dumps(body).encode())
        assert status == 200, until
