"""Compares the json module with lua-cjson for Lua 5.4: instructions to decode and encode a document."""

import json
import os

import instructions
import payloads
from documents import documents
from progress import say
from workloads import FOLDER, Workload, output

HEADER = ["document", "operation", "luafunc", "lua-cjson", "lua-cjson / luafunc"]
OPERATIONS = {"decode": "decode", "walk": "decode and touch all", "encode": "encode"}
FEW, MANY = 1, 2
LUA = """
local file <close> = assert(io.open(arg[1]))
print(require "codec" (require "cjson", arg[2], tonumber(arg[3]), file:read "a"))
"""


def values(value):
    """The number that the app's codec.lua must return."""
    if isinstance(value, dict):
        return 1 + sum(map(values, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(values, value))
    return 0 if value is None else 1


def count(scratch):
    """Counts the instructions by document, operation and program."""
    counts = {}
    (scratch / "codec.lua").write_text(LUA)
    for name, text in documents().items():
        path = scratch / name
        path.write_text(text)
        expected = f"{values(json.loads(text))} values"
        for operation in OPERATIONS:
            for program, run in (("luafunc", of_luafunc), ("lua-cjson", of_cjson)):
                few, many = (run(scratch, path, operation, times, expected) for times in (FEW, MANY))
                counts[name, operation, program] = few, many, MANY - FEW
    return instructions.differences(counts)


def of_luafunc(scratch, document, operation, times, expected):
    query = {"operation": operation, "times": str(times)}
    workload = Workload(
        f"json {operation} {document.name}", "", FOLDER / "json", "/codec",
        payloads.request(document.read_text(), query), output(expected))

    def run():
        say(f"instructions: {workload.name}, luafunc, {times} times")
        return instructions.of_server("luafunc", workload, 1, scratch)
    return run


def of_cjson(scratch, document, operation, times, expected):
    command = ["lua5.4", scratch / "codec.lua", document, operation, str(times)]
    environment = os.environ | {"LUA_PATH": f"{FOLDER}/json/app/lib/?.lua"}

    def run():
        say(f"instructions: json {operation} {document.name}, lua-cjson, {times} times")
        return instructions.of_command(command, environment, lambda answer: answer == expected)
    return run


def rows(counts):
    for name, operation in dict.fromkeys((name, operation) for name, operation, _ in counts):
        luafunc, cjson = (counts[name, operation, program] for program in ("luafunc", "lua-cjson"))
        yield [name, OPERATIONS[operation], luafunc, cjson, cjson / luafunc]
