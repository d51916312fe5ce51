"""Attacks of a web page of another site, through the browser of a developer on this machine."""

import json
import re
from pathlib import Path

from target import HTTP, attack, expect, function, queue

FIRED = {"functions/q/function.json": json.dumps(queue("qq")),
         "functions/q/handler.lua": 'return function() print "FIRED" end'}
EVENT = b'{"Data":{"msg":"\\"x\\""},"Metadata":{}}'


@attack("a page sends payloads to the handler's own port under start")
def own_port(stage):
    files = FIRED | function("port", 'return os.getenv "FUNCTIONS_CUSTOMHANDLER_PORT"')
    host = stage.start(files)
    port = int(host.answers("port").text)
    host.port, front = port, host.port
    for headers in ({}, {"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"X-Luafunc-Secret": "0"},
                    {"X-Luafunc-Secret": "0" * 64}, {"Sec-Fetch-Site": "cross-site"}):
        reply = host.ask("/q", EVENT, headers=headers)
        expect(reply.status == 403, f"{headers}: {reply.status} {reply.text[:100]}")
    host.port = front
    host.lives()
    expect(not host.said("FIRED"), "the function was fired")
    [handler] = host.children()
    for place in ("cmdline", "environ"):
        text = Path(f"/proc/{handler}/{place}").read_bytes()
        expect(not re.search(rb"[0-9a-f]{32}", text), f"a secret lies in the handler's {place}")
    return "403, and nothing was fired"


@attack("the secret of start reaches no script")
def secret(stage):
    body = "return require('json').encode({ data.req.Headers, metadata }):lower()"
    for switch in ({}, {"enableForwardingHttpRequest": True}, {"enableProxyingHttpRequest": True}):
        host = stage.start(function("f", body), host={"version": "2.0", "customHandler": switch})
        reply = host.ask("/api/f", headers={"X-Luafunc-Secret": "mine"})
        expect(reply.status == 200 and not re.search(r"[0-9a-f]{32}", reply.text), f"{switch}: {reply.text[:300]}")
    return "no header shows it"


@attack("a page sends payloads to a handler under the real host")
def real_host(stage):
    app = stage.app(FIRED)
    server = stage.run(app, command="", environment={
        "FUNCTIONS_CUSTOMHANDLER_PORT": "0", "FUNCTIONS_APP_ROOT_PATH": str(app.folder)}).wait()
    here = f"127.0.0.1:{server.port}"
    for headers in ({"Host": f"evil.example:{server.port}"}, {"Host": "127.0.0.1:1"}, {"Origin": "null"},
                    {"Origin": f"http://{here}"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Mode": "no-cors"}):
        reply = server.ask("/q", EVENT, headers=headers)
        expect(reply.status == 403, f"{headers}: {reply.status} {reply.text[:100]}")
    expect(not server.said("FIRED"), "the function was fired")
    expect(server.ask("/q", EVENT).status == 200, "the host's own payload is refused")
    server.must_say("FIRED")
    return "403; the host's own payload runs"


@attack("the admin API for a page of another site")
def admin(stage):
    host = stage.start(FIRED)
    for headers in ({"Origin": "http://evil.example"}, {"Host": "evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        reply = host.ask("/admin/functions/q", b'{"input":"x"}', headers=headers | {"Content-Type": "application/json"})
        expect(reply.status in (400, 401, 403), f"{headers}: {reply.status}")
        for method, path in (("PUT", "/admin/functions/new"), ("DELETE", "/admin/functions/q"),
                             ("POST", "/runtime/webhooks/eventgrid?functionName=q"),
                             ("OPTIONS", "/runtime/webhooks/eventgrid?functionName=q")):
            reply = host.ask(path, b'{"config":{"bindings":[]}}', method, headers | {"Content-Type": "application/json"})
            expect(reply.status in (400, 401, 403), f"{method} {path} {headers}: {reply.status}")
    host.lives()
    expect(not host.said("FIRED"), "the function was fired")
    return "refused"


@attack("a Host that writes into Url")
def host_in_url(stage):
    host = stage.start(function("f", "return tostring(data.req:query('admin'))"))
    for value in ("x/?admin=1&z=", "x?admin=1", "me@x", "x:99999", "a b", ""):
        reply = host.ask("/api/f", headers={"Host": value})
        expect(reply.status == 400 or "1" not in reply.text, f"{value!r}: {reply.status} {reply.text[:100]}")
    host.lives()
    return "400"
