"""Commands, clicks, modals, the Home tab and response_url in the sandbox."""

from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from sandbox import records
from tests.sandbox.world import World, refusal

PLAIN = {"type": "plain_text", "text": "Press"}
BUTTONS = {
    "type": "actions",
    "block_id": "choice",
    "elements": [
        {"type": "button", "action_id": "hold", "text": PLAIN, "value": "monday"},
        {
            "type": "static_select",
            "action_id": "reason",
            "options": [{"text": PLAIN, "value": "r"}],
        },
    ],
}


def field(block_id: str, kind: str, **more: Any) -> dict[str, Any]:
    element = {"type": kind, "action_id": f"{block_id}_action"} | more.pop("element", {})
    return {
        "type": "input",
        "block_id": block_id,
        "label": PLAIN,
        "element": element,
    } | more


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "later",
        "title": {"type": "plain_text", "text": "Send later"},
        "submit": {"type": "plain_text", "text": "Send"},
        "blocks": list(blocks) or [field("note", "plain_text_input")],
    } | more


async def open_modal(world: World, view: dict[str, Any]) -> records.View:
    """A modal opened by the /later command."""

    async def answer(payload: dict[str, Any]) -> None:
        await world.bot.views_open(trigger_id=payload["trigger_id"], view=view)

    world.receiver.answer = answer
    opened = (await world.ana.command("/later")).view
    world.receiver.answer = lambda _: None
    assert opened is not None
    return opened


async def test_a_command_carries_escaped_names_and_shows_its_answer(world: World) -> None:
    world.sandbox.add_usergroup("oncall", "On call", [world.bo])
    world.receiver.answer = lambda _: {"text": "Held.", "blocks": []}
    answer = await world.ana.command("/later", "@bo @oncall see #general", world.general)
    got = world.receiver.got[0]
    assert got["text"].startswith(f"<@{world.bo.id}|bo> <!subteam^")
    assert got["text"].endswith(f"|@oncall> see <#{world.general.id}|general>")
    assert (got["command"], got["user_id"]) == ("/later", world.ana.id)
    assert (answer.status, answer.text) == (200, "Held.")
    assert [each.text for each in world.ana.answers] == ["Held."]
    assert world.sandbox.messages(world.general.id) == []
    assert world.sandbox.deliveries[-1].kind == "command"


async def test_a_command_may_speak_to_everybody(world: World) -> None:
    world.receiver.answer = lambda _: {"response_type": "in_channel", "text": "Hear, hear"}
    await world.ana.command("/later", "", world.general)
    assert [each.text for each in world.sandbox.messages(world.general.id)] == ["Hear, hear"]


async def test_commands_that_fail_say_so(world: World) -> None:
    assert "not a valid command" in (await world.ana.command("/nope")).text
    world.receiver.statuses = [500]
    assert "dispatch_failed" in (await world.ana.command("/later")).text


async def test_a_command_that_is_too_slow_timed_out(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.transport.ANSWER_WITHIN_S", 0.1)
    await world.sandbox.stop()
    await world.sandbox.start()
    world.receiver.delay_s = 0.3
    answer = await world.ana.command("/later")
    assert answer.status == 0
    assert "operation_timeout" in answer.text


async def test_a_click_on_an_ephemeral_message_can_replace_it(world: World) -> None:
    await world.bot.chat_postEphemeral(
        channel=world.general.id, user=world.ana.id, text="Bo is off", blocks=[BUTTONS]
    )
    flag = world.ana.answers[-1]
    await world.ana.click(flag, "hold")
    payload = world.receiver.got[-1]
    assert payload["type"] == "block_actions"
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload
    assert payload["actions"][0]["value"] == "monday"
    assert payload["state"]["values"]["choice"]["reason"]["selected_option"] is None
    hook = AsyncWebhookClient(payload["response_url"])
    await hook.send(text="Held until Monday", replace_original=True)
    assert (flag.text, flag.blocks) == ("Held until Monday", [])
    await hook.send(delete_original=True)
    assert world.ana.answers == []


async def test_a_click_on_a_message_repeats_it_and_tells_what_was_chosen(world: World) -> None:
    await world.bot.chat_postMessage(channel=world.general.id, text="x", blocks=[BUTTONS])
    message = world.sandbox.messages(world.general.id)[0]
    await world.bo.click(message, "reason", "r")
    payload = world.receiver.got[-1]
    assert payload["message"]["ts"] == message.ts
    assert payload["actions"][0]["selected_option"]["value"] == "r"
    with pytest.raises(LookupError, match="hold"):
        await world.bo.click(message, "missing")
    await AsyncWebhookClient(payload["response_url"]).send(text="done", replace_original=True)
    assert message.text == "done"


async def test_a_response_url_is_good_five_times_and_half_an_hour(world: World) -> None:
    private = world.sandbox.dm(world.ana, world.bo)
    await world.ana.command("/later", "", private)
    hook = AsyncWebhookClient(world.receiver.got[-1]["response_url"])
    for number in range(5):
        assert (await hook.send(text=f"{number}")).status_code == 200
    assert "used_url" in (await hook.send(text="6")).body
    assert len(world.ana.answers) == 5
    await world.ana.command("/later", "", private)
    hook = AsyncWebhookClient(world.receiver.got[-1]["response_url"])
    world.sandbox.clock.advance(timedelta(minutes=30))
    assert "expired_url" in (await hook.send(text="late")).body


async def test_a_submission_carries_every_field(world: World) -> None:
    options = [{"text": PLAIN, "value": each} for each in ("a", "b")]
    picks = {"element": {"options": options}}
    view = await open_modal(
        world,
        modal(
            field("note", "plain_text_input"),
            field("rich", "rich_text_input"),
            field("who", "users_select"),
            field("them", "multi_users_select"),
            field("where", "conversations_select", element={"response_url_enabled": True}),
            field("one", "static_select", **picks),
            field(
                "radio", "radio_buttons", element={"options": options, "initial_option": options[1]}
            ),
            field("boxes", "checkboxes", optional=True, **picks),
            field("at", "timepicker", element={"initial_time": "09:00"}),
            field("on", "datepicker"),
            field("when", "datetimepicker"),
            private_metadata="kept",
        ),
    )
    answer = await world.ana.submit(
        view,
        {
            "note": "hello",
            "rich_action": "for @bo",
            "who": world.bo,
            "them": [world.bo, world.cy.id],
            "where": world.general,
            "one": "b",
            "on": "2026-10-26",
            "when": 1_790_000_000,
        },
    )
    assert answer.status == 200
    payload = world.receiver.got[-1]
    values = {
        block: next(iter(each.values()))
        for block, each in payload["view"]["state"]["values"].items()
    }
    assert values["note"] == {"type": "plain_text_input", "value": "hello"}
    mention = values["rich"]["rich_text_value"]["elements"][0]["elements"][1]
    assert mention == {"type": "user", "user_id": world.bo.id}
    assert values["who"]["selected_user"] == world.bo.id
    assert values["them"]["selected_users"] == [world.bo.id, world.cy.id]
    assert values["where"]["selected_conversation"] == world.general.id
    assert values["one"]["selected_option"]["value"] == "b"
    assert values["radio"]["selected_option"]["value"] == "b"
    assert values["boxes"]["selected_options"] == []
    assert values["at"]["selected_time"] == "09:00"
    assert values["on"]["selected_date"] == "2026-10-26"
    assert values["when"]["selected_date_time"] == 1_790_000_000
    assert payload["response_urls"][0]["channel_id"] == world.general.id
    assert payload["view"]["private_metadata"] == "kept"
    assert world.ana.open_views == []


async def test_errors_updates_pushes_and_clear(world: World) -> None:
    view = await open_modal(world, modal())
    world.receiver.answer = lambda _: {
        "response_action": "errors",
        "errors": {"note": "Who is that?"},
    }
    assert (await world.ana.submit(view, {"note": "x"})).errors == {"note": "Who is that?"}
    assert world.ana.open_views == [view]
    world.receiver.answer = lambda _: {"response_action": "push", "view": modal(callback_id="two")}
    pushed = (await world.ana.submit(view, {})).view
    assert pushed is not None
    assert world.ana.open_views == [view, pushed]
    world.receiver.answer = lambda _: {
        "response_action": "update",
        "view": modal(callback_id="three"),
    }
    await world.ana.submit(pushed, {"note": "y"})
    assert pushed.callback_id == "three"
    world.receiver.answer = lambda _: {"response_action": "clear"}
    await world.ana.submit(pushed, {"note": "y"})
    assert world.ana.open_views == []


async def test_the_client_refuses_empty_fields_and_unknown_names(world: World) -> None:
    view = await open_modal(world, modal())
    before = len(world.receiver.got)
    assert list((await world.ana.submit(view, {})).errors) == ["note"]
    assert len(world.receiver.got) == before
    with pytest.raises(LookupError, match="note"):
        await world.ana.submit(view, {"nope": "x"})


async def test_closing_is_told_only_on_request(world: World) -> None:
    silent = await open_modal(world, modal())
    await world.ana.close_view(silent)
    assert world.receiver.got[-1].get("type") != "view_closed"
    told = await open_modal(world, modal(notify_on_close=True))
    await world.ana.close_view(told)
    assert world.receiver.got[-1]["type"] == "view_closed"


async def test_a_trigger_is_good_once_and_for_three_seconds(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.ana.command("/later")
    trigger = world.receiver.got[-1]["trigger_id"]
    await world.bot.views_open(trigger_id=trigger, view=modal())
    with pytest.raises(SlackApiError) as raised:
        await world.bot.views_open(trigger_id=trigger, view=modal())
    assert refusal(raised) == "exchanged_trigger_id"
    monkeypatch.setattr(records, "TRIGGER_LIFE_S", 0.0)
    await world.ana.command("/later")
    with pytest.raises(SlackApiError) as raised:
        await world.bot.views_open(trigger_id=world.receiver.got[-1]["trigger_id"], view=modal())
    assert refusal(raised) == "expired_trigger_id"


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": [field("same", "plain_text_input")] * 2},
        {"submit": None},
        {"type": "home"},
    ],
)
async def test_views_slack_would_refuse(world: World, wrong: dict[str, Any]) -> None:
    await world.ana.command("/later")
    with pytest.raises(SlackApiError) as raised:
        await world.bot.views_open(
            trigger_id=world.receiver.got[-1]["trigger_id"], view=modal() | wrong
        )
    assert refusal(raised) == "invalid_arguments"
    assert raised.value.response["response_metadata"]["messages"]


async def test_the_home_tab_is_published_clicked_and_guarded_by_its_hash(world: World) -> None:
    home = {"type": "home", "blocks": [BUTTONS]}

    async def publish(payload: dict[str, Any]) -> None:
        if payload.get("event", {}).get("type") == "app_home_opened":
            await world.bot.views_publish(user_id=payload["event"]["user"], view=home)

    world.receiver.answer = publish
    view = await world.ana.open_home()
    assert view is not None
    old_hash = view.hash
    await world.ana.click(view, "hold")
    assert world.receiver.got[-1]["container"] == {"type": "view", "view_id": view.id}
    await world.bot.views_publish(user_id=world.ana.id, view=home, hash=old_hash)
    with pytest.raises(SlackApiError) as raised:
        await world.bot.views_publish(user_id=world.ana.id, view=home, hash=old_hash)
    assert refusal(raised) == "hash_conflict"


async def test_shortcuts_open_modals_and_know_their_message(world: World) -> None:
    async def answer(payload: dict[str, Any]) -> None:
        await world.bot.views_open(trigger_id=payload["trigger_id"], view=modal())

    message = await world.bo.post(world.general, "a question")
    world.receiver.answer = answer
    opened = await world.ana.shortcut("send_later")
    assert opened.view in world.ana.open_views
    assert "response_url" not in world.receiver.got[-1]
    await world.ana.message_shortcut("hold_reply", message)
    payload = world.receiver.got[-1]
    assert (payload["type"], payload["message_ts"]) == ("message_action", message.ts)
    assert payload["message"]["text"] == "a question"
    assert payload["response_url"]


async def test_an_external_select_asks_the_app(world: World) -> None:
    zones = field("tz", "external_select")
    view = await open_modal(world, modal(zones))
    option = {"text": PLAIN, "value": "Europe/Vienna"}
    world.receiver.answer = lambda payload: {"options": [option]} if "value" in payload else None
    assert await world.ana.suggest(view, "tz_action", "vie") == [option]
    assert world.receiver.got[-1]["value"] == "vie"


async def test_modals_stack_three_deep_and_are_updated_by_name(world: World) -> None:
    first = await open_modal(world, modal(BUTTONS, external_id="mine"))
    stale = first.hash

    async def push(payload: dict[str, Any]) -> None:
        await world.bot.views_push(trigger_id=payload["trigger_id"], view=modal())

    world.receiver.answer = push
    second = (await world.ana.click(first, "hold")).view
    assert second is not None
    await world.ana.click(first, "hold")
    assert len(world.ana.open_views) == 3
    with pytest.raises(SlackApiError) as raised:
        await world.bot.views_push(
            trigger_id=world.sandbox.workspace.open_trigger(world.app, world.ana).id, view=modal()
        )
    assert refusal(raised) == "push_limit_reached"
    assert second.previous_id == first.id
    await world.bot.views_update(external_id="mine", view=modal(callback_id="new"), hash=stale)
    assert first.callback_id == "new"
    with pytest.raises(SlackApiError) as raised:
        await world.bot.views_update(view_id=first.id, view=modal(), hash=stale)
    assert refusal(raised) == "hash_conflict"
    with pytest.raises(SlackApiError) as raised:
        await world.bot.views_update(view_id="V0NOTTHERE", view=modal())
    assert refusal(raised) == "not_found"
    await world.ana.close_view(second)
    with pytest.raises(SlackApiError) as raised:
        await world.bot.views_update(view_id=second.id, view=modal())
    assert refusal(raised) == "not_found"
