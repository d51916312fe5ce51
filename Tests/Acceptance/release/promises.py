"""Checks what must work in the empty root."""

import os
import shutil
import signal
from pathlib import Path

import outside
from empty_root import NOBODY
from serving import Broken, payload, until
from start import free_port

BY_HAND = "serve", "--port", "0", "--watch", "--app", "/app"


def check(facts, root, certificates):
    for name in ("ca", "other"):
        shutil.copy(certificates / f"{name}.pem", root.folder / "app")
    with outside.web() as port, outside.web(certificates / "server.pem") as secure:
        page = f"https://{outside.NAMED}:{secure}/"
        check_by_hand(facts, root, port, page)
        check_stranger(facts, root, page)
        check_hosted(facts, root, page)


def check_by_hand(facts, root, port, page):
    with facts.need("starts with --port 0 and names its port", root.serve, *BY_HAND) as server:
        facts.check(f"runs as user {NOBODY}, without any capability", without_rights, server)
        facts.check("answers a payload", answers, server, "POST", "/echo", payload("1"), '{"ReturnValue":"1"}')
        facts.check("answers a forwarded request", answers, server, "GET", "/api/hello", None, "first")
        facts.check("a save takes effect", saves, root, server)
        facts.check("calls out by HTTP, by a name in /etc/hosts", fetches, server, f"http://{outside.NAMED}:{port}/")
        by_dns = "calls out by HTTP, by a name that only DNS knows"
        try:
            with outside.names():
                facts.check(by_dns, fetches, server, f"http://{outside.RESOLVED}:{port}/")
        except PermissionError:
            facts.skip(by_dns, "a name server's port needs root's rights")
        facts.check("HTTPS without certificates to trust says what to do", refuses, server, page)
        facts.check("SIGTERM ends it with code 0", ends, server, 0)


def check_stranger(facts, root, page):
    serve = lambda: root.serve(*BY_HAND, SSL_CERT_FILE="/app/other.pem")
    with facts.need("starts with SSL_CERT_FILE", serve) as server:
        facts.check("HTTPS with a certificate by somebody else is refused", refuses, server, page)


def check_hosted(facts, root, page):
    serve = lambda: root.serve(FUNCTIONS_CUSTOMHANDLER_PORT=str(free_port()), SSL_CERT_FILE="/app/ca.pem")
    with facts.need("starts as the Functions host does it, without a command", serve) as server:
        facts.check("calls out by HTTPS, to a certificate that SSL_CERT_FILE vouches for", fetches, server, page)
        facts.check("SIGTERM ends it with code 143, so that the host starts it again", ends, server, 143)


# The checks


def answers(server, method, path, body, wanted):
    answer = server.call(method, path, body)
    if answer != (200, wanted):
        raise Broken(f"the answer was {answer}")


def fetches(server, url):
    answers(server, "GET", f"/api/call?url={url}", None, outside.ANSWER)


def refuses(server, url):
    """Checks that the script gets an error of kind tls that says what to do."""
    status, text = server.call("GET", f"/api/call?url={url}")
    if status != 502 or not text.startswith("tls: ") or "SSL_CERT_FILE" not in text:
        raise Broken(f"the script got {status} {text}")


def saves(root, server):
    root.write("app/functions/hello/handler.lua", 'return function() return "second" end')
    until(lambda: server.call("GET", "/api/hello") == (200, "second"))


def without_rights(server):
    status = dict(line.split(":\t") for line in Path(f"/proc/{server.pid}/status").read_text().splitlines())
    # Seen from outside, the user of a namespace is the user who created it.
    user = str(os.geteuid() or NOBODY)
    if set(status["Uid"].split()) != {user} or int(status["CapEff"], 16):
        raise Broken(f"it has user {status['Uid']} and capabilities {status['CapEff']}")


def ends(server, code):
    os.kill(server.pid, signal.SIGTERM)
    until(lambda: server.process.poll() is not None)
    if server.process.returncode != code:
        raise Broken(f"it ended with {server.process.returncode}")
