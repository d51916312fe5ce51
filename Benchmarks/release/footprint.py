"""Measures luafunc's memory and CPU time with few and many functions, and the parts of its size. Started by
scripts/footprint."""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import parts
from serving import Server, answer, payload, until
from start import first_answer, read_anew

COUNTS = [1, 50, 1000]
ALL = len(os.sched_getaffinity(0))
STARTS = 15  # how often the time to the first response is measured

HOST = """{ "version": "2.0", "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle" } }"""
FUNCTION = """{ "bindings": [ { "name": "item", "type": "queueTrigger", "queueName": "items", "connection": "Storage" },
  { "name": "$return", "type": "queue", "direction": "out", "queueName": "done", "connection": "Storage" } ] }"""
SHARED = """
local prices = { black = 120, white = 100, red = 150 }
local M = {}

function M.price(color, quantity)
  local each = prices[color]
  if not each then return nil, "there is no color " .. tostring(color) end
  local discount = quantity >= 100 and 0.8 or quantity >= 10 and 0.9 or 1
  return each * quantity * discount
end

function M.round(cents) return math.floor(cents + 0.5) end

return M
"""
# A handler as long and as varied as what people write: it reads JSON, checks it, computes and returns JSON.
HANDLER = """
local json = require "json"
local pricing = require "pricing"

local limits = { quantity = 1000, note = 200 }

local function check(order)
  if math.type(order.id) ~= "integer" then return "id must be an integer" end
  if type(order.lines) ~= "table" or #order.lines == 0 then return "an order has lines" end
  for place, line in ipairs(order.lines) do
    if type(line.quantity) ~= "number" or line.quantity < 1 or line.quantity > limits.quantity then
      return ("line %d: quantity must be from 1 to %d"):format(place, limits.quantity)
    end
    if #(line.note or "") > limits.note then return ("line %d: the note is too long"):format(place) end
  end
end

local function total(lines)
  local sum = 0
  for _, line in ipairs(lines) do
    local price, problem = pricing.price(line.color, line.quantity)
    if not price then return nil, problem end
    sum = sum + price
  end
  return pricing.round(sum)
end

return function(data, metadata, context)
  local order = json.decode(data.item)
  local problem = check(order)
  if problem then error("order " .. tostring(order.id) .. ": " .. problem) end
  local cents, reason = total(order.lines)
  if not cents then error("order " .. order.id .. ": " .. reason) end
  local notes = {}
  for place, line in ipairs(order.lines) do
    notes[place] = ("%s x %d"):format(line.color, line.quantity)
  end
  return { id = order.id, cents = cents, text = table.concat(notes, ", "), by = context.functionName }
end
"""
ORDER = payload('{"id":1005,"lines":[{"color":"black","quantity":20},{"color":"red","quantity":2,"note":"a gift"}]}')


def make_app(folder, count):
    (folder / "lib").mkdir()
    (folder / "host.json").write_text(HOST)
    (folder / "lib/pricing.lua").write_text(SHARED)
    for number in range(1, count + 1):
        function = folder / f"functions/order{number}"
        function.mkdir(parents=True)
        (function / "function.json").write_text(FUNCTION)
        (function / "handler.lua").write_text(HANDLER)


class Taken(NamedTuple):
    """Memory in MB: resident, proportional (shared pages divided among the processes that share them), and not from a
    file. CPU time in milliseconds."""
    resident: float
    proportional: float
    not_files: float
    cpu: float


def taken(server):
    fields = (line.split() for line in Path(f"/proc/{server.pid}/smaps_rollup").read_text().splitlines()[1:])
    kilobytes = {name: int(size) for name, size, *_ in fields}
    return Taken(*(kilobytes[name] * 1024 / 1e6 for name in ("Rss:", "Pss:", "Pss_Anon:")), cpu(server))


def cpu(server):
    """CPU time of all threads so far in milliseconds."""
    threads = Path(f"/proc/{server.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


def row(*cells):
    texts = [f"{cell:.1f}" if isinstance(cell, float) else str(cell) for cell in cells]
    print("| " + " | ".join(texts) + " |", flush=True)


def call_all(server, count, threads):
    """Calls all functions on every event loop, so that each loop creates its own VMs. luafunc distributes
    connections to the loops in turn, so there is one connection for each. With more than one loop, the loop of the
    very first connection gets no other connection, and so creates no VMs here."""
    connections = [server.connect() for _ in range(threads)]
    for number in range(1, count + 1):
        for connection in connections:
            status, text = answer(connection, "POST", f"/order{number}", ORDER)
            assert status == 200 and '"cents":2460' in text, (status, text)
    for connection in connections:
        connection.close()


def measured(program, app, count, threads):
    """Measures when all functions are loaded, and again when each was called on each thread."""
    command = [program, "serve", "--port", "0", "--threads", str(threads), "--app", str(app)]
    with Server(command, {}) as server:
        # luafunc loads every function once, and then lists it.
        until(lambda: sum(line.startswith("  order") for line in server.lines) == count, server.ended)
        loaded = taken(server)
        call_all(server, count, threads)
        time.sleep(0.2)
        return loaded, taken(server)


def main():
    program, unstripped = sys.argv[1:]
    read_anew(program)
    print_tables(program)
    print()
    for line in parts.table(unstripped):
        print(line)


def print_tables(program):
    row("functions", "threads", "when", "RSS MB", "PSS MB", "of that not files", "CPU ms")
    row(*["---"] * 7)
    first = {}
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            app = Path(folder)
            make_app(app, count)
            for threads in sorted({1, ALL}):
                loaded, called = measured(program, app, count, threads)
                row(count, threads, "started, all loaded once", *loaded)
                row(count, threads, "each called on each thread", *called)
                command = [program, "--threads", str(threads)]
                last = f"/order{count}"
                times = [first_answer(command, app, last, ORDER.encode()) for _ in range(STARTS)]
                first[count, threads] = sorted(answered * 1000 for _, answered in times)
    print()
    row("functions", "threads", "start to first answer: median ms", "least", "most")
    row(*["---"] * 5)
    for (count, threads), times in first.items():
        row(count, threads, times[STARTS // 2], times[0], times[-1])


if __name__ == "__main__":
    sys.exit(main())
