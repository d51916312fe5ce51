"""The workloads: which request is sent, how the response is checked, and which programs luafunc is compared with."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import payloads

FOLDER = Path(__file__).parent.parent / "workloads"
HEADERS = (
    "Host: 127.0.0.1:7071\r\nAccept: */*\r\nUser-Agent: curl/8.14.1 Azure-Functions-Host/4.1037.0.0\r\n"
    "X-Azure-Functions-HostVersion: 4.1037.0.0\r\n"
    "X-Azure-Functions-InvocationId: 6b0cbf0e-8f7e-4a53-9f0c-0a8f0d1f3c11\r\n").encode()


@dataclass(frozen=True)
class Workload:
    name: str
    about: str
    folder: Path
    path: str
    body: bytes | None
    is_right: Callable[[bytes], bool]
    peers: tuple[str, ...] = ("nginx",)
    connections: int = 16
    # How many requests the two runs make that count instructions.
    counted: tuple[int, int] = (300, 1300)

    @property
    def programs(self):
        return ("luafunc", *self.peers)

    @property
    def request(self):
        if self.body is None:
            return b"GET %b HTTP/1.1\r\n%b\r\n" % (self.path.encode(), HEADERS)
        return b"POST %b HTTP/1.1\r\n%bContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b" % (
            self.path.encode(), HEADERS, len(self.body), self.body)


def output(expected):
    """Returns a function that checks whether a response is a payload with this body for the caller."""
    return lambda answer: body_for_caller(answer) == expected


def body_for_caller(answer):
    """The body that the host would send. An output is a string, or an object with a body and perhaps a status."""
    result = json.loads(answer)["Outputs"]["res"]
    if isinstance(result, str):
        return result
    return result["body"] if result.get("statusCode", 200) == 200 else None


def field(size, **others):
    return Workload(
        f"field-{unit(size).lower()}", f"a payload with {unit(size, ' ')} of JSON, of which the function reads one field",
        FOLDER / "document", "/field", payloads.request(payloads.order(size)), output("Ada"), **others)


def walk(size, **others):
    document = payloads.order(size)
    expected = f"{payloads.walked(json.loads(document)):.2f}"
    return Workload(
        f"walk-{unit(size).lower()}", f"the same {unit(size, ' ')}, of which the function touches everything",
        FOLDER / "document", "/walk", payloads.request(document), output(expected), **others)


def unit(size, space=""):
    return f"{size >> 20}{space}MB" if size >= 1 << 20 else f"{size >> 10}{space}KB"


def order_is_right(answer):
    message = json.loads(answer)["Outputs"]["message"]
    # luafunc sends a message that is JSON text as base64, because the host would otherwise parse and reformat it.
    text = message if message.startswith("{") else base64.b64decode(message)
    return body_for_caller(answer) == "Order enqueued" and json.loads(text)["id"] == 1005


def all_workloads():
    small, large = {"connections": 4, "counted": (10, 30)}, {"connections": 2, "counted": (2, 5)}
    lines = [{"color": color, "quantity": 20, "note": "a gift"} for color in payloads.COLORS]
    total = b"order 1005: 7400 cents"
    return [
        Workload(
            "order", "the order function of Azure's documentation, a payload of 1.3 KB", FOLDER / "order", "/order",
            (FOLDER / "order/payload.json").read_bytes(), order_is_right, ("nginx", "go")),
        Workload(
            "hello", "a forwarded GET request", FOLDER / "hello", "/api/hello?name=Ada", None,
            lambda answer: answer == b"hello Ada"),
        field(64 << 10, **small),
        walk(64 << 10, **small),
        field(1 << 20, **large),
        walk(1 << 20, **large),
        Workload(
            "queue", "a queue message, whose function decodes it and returns a message", FOLDER / "queue", "/total",
            payloads.message({"id": 1005, "lines": lines}),
            lambda answer: json.loads(answer)["ReturnValue"].encode() == total),
        Workload(
            "wait", "a function that waits 10 ms, 1,000 connections", FOLDER / "wait", "/api/wait", None,
            lambda answer: answer == b"waited", connections=1000),
    ]
