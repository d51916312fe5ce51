"""Plays the official Python SDK's clients against the servers in Tests/Servers/everything.

usage: client.py URL LOG COMMAND...    URL of the Functions host, the file with its log, and the command of a server over stdio
"""

import asyncio
import sys
import time

import anyio
import mcp.client.session as session_module
from mcp import Client, MCPError, StdioServerParameters
from mcp import types

url, log_file, *command = sys.argv[1:]
everything, features = url + "/mcp", url + "/features"
passed = 0


def check(condition, what):
    global passed
    if not condition:
        raise AssertionError(what)
    passed += 1


async def elicit(context, params):
    schema = params.requested_schema["properties"]
    texts = {"name": "Ann", "color": "red", "city": "Oslo", "username": "ann", "email": "ann@example.com", "context": "now"}
    return types.ElicitResult(action="accept", content={name: texts.get(name, True) for name in schema})


async def sample(context, params):
    return types.CreateMessageResult(
        role="assistant", content=types.TextContent(type="text", text="a model's text"), model="test-model")


async def roots(context):
    return types.ListRootsResult(roots=[types.Root(uri="file:///work", name="work")])


def client(server, mode="auto", **options):
    return Client(
        server, mode=mode, elicitation_callback=elicit, sampling_callback=sample, list_roots_callback=roots,
        read_timeout_seconds=60, **options)


def text(result):
    return result.content[0].text


async def pages(fetch, member):
    entries, cursor = [], None
    while True:
        page = await fetch(cursor=cursor)
        entries += getattr(page, member)
        cursor = page.next_cursor
        if cursor is None:
            return entries


async def common(server, mode, revision):
    """What every revision has."""
    async with client(server, mode) as peer:
        check(peer.protocol_version == revision, f"revision {peer.protocol_version}, not {revision}")
        check(peer.server_info.name == "raw-everything", "the server's name")
        tools = (await peer.list_tools()).tools
        check(len(tools) == 28 and [tool.name for tool in tools] == sorted(tool.name for tool in tools), "the list of tools")
        check(text(await peer.call_tool("test_simple_text")).startswith("This is a simple text"), "a call")
        check((await peer.call_tool("test_image_content")).content[0].mime_type == "image/png", "an image")
        check((await peer.call_tool("test_error_handling")).is_error, "an error of a tool")
        try:
            await peer.call_tool("nobody")
            check(False, "an unknown tool was called")
        except MCPError as error:
            check(error.code == -32602, f"an unknown tool has the code {error.code}")
        done = []

        async def progress(value, total, message):
            done.append(value)

        await peer.call_tool("test_tool_with_progress", progress_callback=progress)
        check(done == [0, 50, 100], f"progress {done}")
        check(text(await peer.call_tool("test_x_mcp_header", {"region": "Zürich"})) == "region=Zürich", "a mirrored argument")
        check((await peer.read_resource("test://static-text")).contents[0].text.startswith("This is the content"), "a resource")
        check((await peer.read_resource("test://template/7/data")).contents[0].text.startswith('{"id":"7"'), "a template")
        check((await peer.list_resource_templates()).resource_templates[0].name == "template", "the list of templates")
        prompt = await peer.get_prompt("test_prompt_with_arguments", {"arg1": "a", "arg2": "b"})
        check("arg1='a', arg2='b'" in prompt.messages[0].content.text, "a prompt")
        completed = await peer.complete(
            types.PromptReference(type="ref/prompt", name="test_prompt_with_arguments"), {"name": "arg1", "value": "par"})
        check(completed.completion.values == ["paris", "park", "party"], "a completion")
        return peer.protocol_version


async def questions(server, mode):
    async with client(server, mode) as peer:
        check("a model's text" in text(await peer.call_tool("test_sampling", {"prompt": "p"})), "sampling")
        check("action=accept" in text(await peer.call_tool("test_elicitation", {"message": "m"})), "elicitation")
        check(text(await peer.call_tool("test_input_required_result_list_roots")) == "roots 1", "roots")
        check(text(await peer.call_tool("test_input_required_result_multi_round")) == "Ann likes red", "two rounds")
        check(text(await peer.call_tool("test_input_required_result_request_state")) == "state-ok", "the state of a round")
        check(text(await peer.call_tool("test_input_required_result_multiple_inputs")) == "ok", "several questions at once")
        prompt = await peer.get_prompt("test_input_required_result_prompt")
        check(prompt.messages[0].content.text == "Use now", "a prompt that asks")


async def features_of(server, mode):
    async with client(server, mode) as peer:
        check(peer.instructions == "Use add for sums.", "instructions")
        check(len(await pages(peer.list_tools, "tools")) == 5, "pages of tools")
        check(len(await pages(peer.list_resources, "resources")) == 3, "pages of resources")
        result = await peer.call_tool("add", {"a": 2})
        check(result.structured_content == {"sum": 3}, f"structured content {result.structured_content}")
        result = await peer.call_tool("list")
        check(result.structured_content in ([1, 2, 3], {"result": [1, 2, 3]}), f"a list {result.structured_content}")
        result = await peer.call_tool("wrong")
        check(result.is_error and "Output validation error" in text(result), "a result that its schema does not allow")
        result = await peer.call_tool("add", {"a": "two"})
        check(result.is_error and "arguments.a" in text(result), f"an argument that the schema does not allow: {text(result)}")
        # Revision 2025-03-26 has no elicitation.
        if peer.protocol_version != "2025-03-26":
            check(text(await peer.call_tool("weather")) == "Oslo in celsius", "a question with a default")


async def cancellation(server, mode):
    """A client that gives up a call ends the tool."""
    async with client(server, mode) as peer:
        begun = anyio.Event()

        async def progress(value, total, message):
            begun.set()

        async with anyio.create_task_group() as group:
            group.start_soon(lambda: peer.call_tool("slow", progress_callback=progress))
            with anyio.fail_after(30):
                await begun.wait()
            group.cancel_scope.cancel()
    for _ in range(200):
        with open(log_file, encoding="utf-8") as log:
            if "slow has ended, cancelled: \ttrue" in log.read().replace("  ", "\t"):
                break
        await anyio.sleep(0.05)
    with open(log_file, encoding="utf-8") as log:
        check("slow has ended" in log.read(), "the tool goes on although its client has left")


async def changes():
    async with client(everything) as peer, client(everything) as other:
        async with peer.listen(tools_list_changed=True) as subscription:
            await other.call_tool("test_trigger_prompt_change")
            await other.call_tool("test_trigger_tool_change")
            with anyio.fail_after(30):
                async for event in subscription:
                    check(type(event).__name__ == "ToolsListChanged", f"event {event}")
                    break


async def both_eras():
    """Two clients of two eras at once, then a thousand calls in parallel."""
    async with client(everything) as modern, client(everything, "legacy") as older:
        limit = anyio.CapacityLimiter(50)
        texts = []

        async def call(peer):
            async with limit:
                texts.append(text(await peer.call_tool("test_simple_text")))

        began = time.monotonic()
        async with anyio.create_task_group() as group:
            for number in range(1000):
                group.start_soon(call, modern if number % 2 else older)
        check(len(texts) == 1000 and len(set(texts)) == 1, "a thousand calls")
        print(f"1000 calls by two clients: {time.monotonic() - began:.1f} s")


async def main():
    modern = "2026-07-28"
    await common(everything, "auto", modern)
    await questions(everything, "auto")
    await features_of(features, "auto")
    for revision in ["2025-11-25", "2025-06-18", "2025-03-26"]:
        # The SDK's legacy mode asks for the newest of these revisions; the server must serve the others as well.
        session_module.LATEST_HANDSHAKE_VERSION = revision
        await common(everything, "legacy", revision)
        if revision != "2025-03-26":
            await questions(everything, "legacy")
        await features_of(features, "legacy")
    session_module.LATEST_HANDSHAKE_VERSION = "2025-11-25"
    await cancellation(features, "auto")
    await changes()
    await both_eras()
    stdio = StdioServerParameters(command=command[0], args=command[1:])
    for mode, revision in [("auto", modern), ("legacy", "2025-11-25")]:
        await common(stdio, mode, revision)
        await questions(stdio, mode)
    print(f"{passed} checks passed")


asyncio.run(main())
