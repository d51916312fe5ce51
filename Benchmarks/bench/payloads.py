"""The bodies of the requests, in the form in which the Functions host sends them, with documents of any size."""

import json
import random

COLORS = ["black", "white", "red"]
NOTES = ["a gift", "leave it at the door, please", "zwölf Stück, \"eilig\"", "ring twice\nthen wait", ""]


def invocation(name, value):
    """An invocation's payload, with one value in its Data."""
    return json.dumps({"Data": {name: value}, "Metadata": {}}).encode()


def request(body, query={}):
    """The payload of an HTTP trigger. The host sends the body as a string, even if it is JSON."""
    headers = {"Host": ["localhost:7071"], "Accept": ["*/*"], "Content-Type": ["application/json"]}
    return invocation("req", {
        "Url": "http://localhost:7071/api/document", "Method": "POST", "Query": query, "Headers": headers, "Params": {},
        "Body": body})


def message(order):
    """The payload of a queue trigger. The host sends the message as a JSON string inside a string."""
    return invocation("order", json.dumps(json.dumps(order)))


def order(size):
    """An order of about this many bytes as JSON, always the same. The customer is its last member."""
    chance = random.Random(size)
    lines = []
    left = size - 120
    while left > 0 or not lines:
        line = {
            "sku": f"{chance.randrange(16**10):010x}", "color": chance.choice(COLORS),
            "quantity": chance.randrange(1, 500), "weight": chance.randrange(1, 400) / 4, "gift": chance.random() < 0.5,
            "note": chance.choice(NOTES)}
        left -= len(json.dumps(line)) + 2
        lines.append(line)
    return json.dumps({"id": size, "lines": lines, "customer": {"id": 7, "name": "Ada"}})


def walked(value):
    """The sum that the function `walk` must return."""
    if isinstance(value, dict):
        return sum(len(name) + walked(member) for name, member in value.items())
    if isinstance(value, list):
        return sum(map(walked, value))
    if isinstance(value, str):
        return len(value.encode())
    return 0 if isinstance(value, bool) or value is None else value
