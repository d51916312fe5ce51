"""Attacks with keys, passwords and tokens: numbers that take long, files that are bombs, and issuers that are asked for
every token."""

import base64
import json
import threading

from target import attack, expect, function, milliseconds, waits


def der(tag, *parts):
    content = b"".join(parts)
    length = len(content)
    digits = length.to_bytes((length.bit_length() + 7) // 8 or 1, "big")
    return bytes([tag]) + (bytes([length]) if length < 128 else bytes([0x80 + len(digits)]) + digits) + content


def number(value):
    return der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def pem(label, content):
    text = base64.b64encode(content).decode()
    lines = "\n".join(text[at:at + 64] for at in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def nested(depth):
    content = b""
    for _ in range(depth):
        content = der(0x30, content)
    return content


EC = bytes.fromhex("06072a8648ce3d0201")
# Parameters for which the square root in OpenSSL before 3.0.2 never ended (CVE-2022-0778): the "prime" 697 is none, and
# the generator is compressed.
EXPLICIT = der(0x30, number(1), der(0x30, bytes.fromhex("06072a8648ce3d0101"), number(697)),
               der(0x30, der(4, b"\x02\xb9"), der(4, b"\x01\x14")), der(4, b"\x03\x00\x08"), number(1), number(1))
EVEN = (1 << 2047) + 2
ODD = (1 << 4095) + 1
PRIVATE = [number(0), number(ODD), number(65537), number((1 << 100_000) - 1)] + [number((1 << 2048) - 1)] * 5

# A text that is no key, and a part of the reason.
PEMS = {
    "RSA with 15,360 bits": (pem("RSA PUBLIC KEY", der(0x30, number((1 << 15_359) + 1), number(3))), "15360 bits"),
    "RSA with 150,000 bits": (pem("RSA PUBLIC KEY", der(0x30, number((1 << 149_999) + 1), number(3))), "150000 bits"),
    "RSA with an exponent of 4,096 bits":
        (pem("RSA PUBLIC KEY", der(0x30, number(ODD), number(ODD - 2))), "the public exponent"),
    "RSA with an exponent of 150,000 bits":
        (pem("RSA PUBLIC KEY", der(0x30, number(ODD), number((1 << 149_999) + 1))), "the public exponent"),
    "RSA with the exponent 1": (pem("RSA PUBLIC KEY", der(0x30, number(ODD), number(1))), "the public exponent"),
    "RSA with an even modulus": (pem("RSA PUBLIC KEY", der(0x30, number(EVEN), number(3))), "damaged"),
    "RSA with a private exponent of 100,000 bits":
        (pem("RSA PRIVATE KEY", der(0x30, *PRIVATE)), "do not belong together"),
    "EC with explicit parameters":
        (pem("PUBLIC KEY", der(0x30, der(0x30, EC, EXPLICIT), der(3, b"\0\x03\x00\x08"))), "given by its parameters"),
    "EC with explicit parameters, private":
        (pem("EC PRIVATE KEY", der(0x30, number(1), der(4, b"\x01"), der(0xa0, EXPLICIT))), "given by its parameters"),
    "DER nested 5,000 times": (pem("PUBLIC KEY", nested(5000)), "damaged"),
    "DER with a length of 2^32": (pem("PUBLIC KEY", b"\x30\x84\xff\xff\xff\xff" + bytes(100)), "damaged"),
    "DER with a length of 2^1000": (pem("CERTIFICATE", b"\x30\xfd" + b"\xff" * 200), "damaged"),
    "PEM of 10 MB": ("-----BEGIN PUBLIC KEY-----\n" + "A" * (10 << 20), "at most 32 KB"),
    "PEM with 500 blocks before the key": (pem("EC PARAMETERS", b"\x05\x00") * 500, "not PEM"),
    "PEM of 30 KB of line breaks": ("\n" * 30_000, "not PEM"),
    "PEM with one line of 30 KB": ("-----BEGIN PUBLIC KEY-----\n" + "A" * 30_000, "not PEM"),
    "PEM with a header of 30 KB":
        ("-----BEGIN PUBLIC KEY-----\n" + "Proc-Type: 4,ENCRYPTED\n" * 1250 + "\nAAAA\n-----END PUBLIC KEY-----\n", ""),
    "PEM with an encrypted key":
        ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,3A4B5BA47CB0DD89142A3BA71283C371\n\n"
         "AAAA\n-----END RSA PRIVATE KEY-----\n", "is encrypted"),
}
READ = """
    local crypto = require "crypto"
    local _, message = pcall(crypto.verify, "RS256", data.req.Body, "text", "signature")
    local _, other = pcall(crypto.sign, "ES256", data.req.Body, "text")
    return message .. " " .. other"""


@attack("keys that are bombs")
def bombs(stage):
    server = stage.serve(function("f", READ), "--threads", "1")
    server.answers("f", body="x")
    most = {}
    for name, (text, reason) in PEMS.items():
        began = server.cpu_exact()
        reply = server.invoke("f", text)
        most[name] = server.cpu_exact() - began
        expect(reply.status == 200 and reason in reply.text, f"{name}: {reply.status} {reply.text[:300]}")
        server.lives()
    # Ten megabytes of JSON are read, too.
    small = {name: seconds for name, seconds in most.items() if "10 MB" not in name}
    told = f"most CPU for one key, in ms: {milliseconds(most)}"
    expect(max(small.values()) <= 0.03, told)
    return told


@attack("JWKs of 10 MB")
def jwks(stage):
    body = """
        local crypto, long = require "crypto", ("A"):rep(10 << 20)
        for _, name in ipairs { "n", "e", "d", "kty", "kid" } do
            local key = { kty = "RSA", n = ("A"):rep(342), e = "AQAB", [name] = long }
            local _, message = pcall(crypto.verify, "RS256", key, "", "")
            assert(message:find "must be text of at most 1024 bytes", message)
        end
        return "refused" """
    server = stage.serve(function("f", body), "--threads", "1")
    server.answers("f", "refused")
    began = server.cpu_exact()
    server.answers("f", "refused")
    used = server.cpu_exact() - began
    expect(used < 0.1, f"{1000 * used:.0f} ms of CPU")
    return f"{1000 * used:.0f} ms of CPU"


@attack("PBKDF2 with 1,000,000,000 iterations beside small calls")
def iterations(stage):
    body = "return require('crypto').pbkdf2 { password = 'x', salt = 'y', iterations = 1000000000, hash = 'sha512' }"
    server = stage.serve(function("f", body, "2s"), "--threads", "1")
    connection = server.send("f")
    stage.made.append(connection.close)
    most = waits(server, connection)
    server.fails("f", "the time limit of 2.0 seconds was exceeded")
    told = f"most CPU burnt while a small call waits: {1000 * most:.0f} ms"
    expect(most <= 0.025, told)
    return told


@attack("tokens with invented key ids, and an issuer that is down")
def invented(stage):
    asked = []
    issuer = stage.upstream(lambda connection: None)
    issuer._one = lambda connection: (asked.append(connection), connection.close())
    body = f"""
        local jwt, base64 = require "jwt", require "base64"
        local header = base64.encodeURL('{{"alg":"RS256","kid":"' .. data.req.Body .. '"}}')
        local _, message, kind = jwt.verify(header .. ".e30.AAAA", {{ jwks = "https://127.0.0.1:{issuer.port}/", issuer = "x" }})
        return kind"""
    server = stage.serve(function("f", body), "--threads", "1")
    threads = [threading.Thread(target=lambda n=n: [server.invoke("f", f"{n} {i}") for i in range(25)]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.answers("f", "jwks")
    expect(1 <= len(asked) <= 3, f"the issuer was asked {len(asked)} times for 200 tokens")
    return f"the issuer was asked {len(asked)} times for 200 tokens"


@attack("tokens that are bombs")
def tokens(stage):
    def part(text):
        return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()

    header = part('{"alg":"HS256"}')
    texts = {
        "nested headers": part("[" * 12_000) + ".e30.AAAA",
        "a header of numbers": part('{"alg":[' + "1," * 6000 + "1]}") + ".e30.AAAA",
        "a header of members": part("{" + ",".join(f'"{i}":{i}' for i in range(1000)) + ',"alg":"none"}') + ".e30.",
        "a crit of 3,000": part('{"alg":"HS256","crit":[' + ",".join(['"alg"'] * 1500) + "]}") + ".e30.AAAA",
        "10 MB": "a." * (5 << 20),
        "dots": "." * 32_000,
        "a signature of 30 KB": f"{header}.e30." + "A" * 30_000,
        "claims of 30 KB": f"{header}." + "A" * 30_000 + ".AAAA",
    }
    body = """
        local _, message, kind = require("jwt").verify(data.req.Body, { secret = ("s"):rep(32), issuer = "x" })
        return kind"""
    server = stage.serve(function("f", body), "--threads", "1")
    server.answers("f", body="x")
    most = {}
    for name, text in texts.items():
        began = server.cpu_exact()
        reply = server.invoke("f", text)
        most[name] = server.cpu_exact() - began
        kinds = ["malformed", "algorithm", "crit", "signature"]
        expect(reply.status == 200 and any(json.dumps(kind) in reply.text for kind in kinds), f"{name}: {reply.text[:300]}")
        server.lives()
    told = f"most CPU for one token, in ms: {milliseconds(most)}"
    expect(max(seconds for name, seconds in most.items() if name != "10 MB") <= 0.02, told)
    return told
