"""Attacks through the app's folder and `.luafunc`: extreme numbers, foreign files, impossible values, a full disk."""

import json
import os
import resource
import shutil
import subprocess
import time

from target import HTTP, attack, eventually, expect, function, megabytes, queue

MESSAGE = {"sequenceNumber": 1, "insertionTime": "2026-03-01T10:20:30.000Z", "expirationTime": "2126-03-08T10:20:30.000Z",
           "nextVisibleTime": "2026-03-01T10:20:30.000Z", "dequeueCount": 0, "text": "x"}
FARTHEST = (1 << 63) - 1


def wild_messages():
    """Messages of a queue in which one member has an extreme value."""
    for member in ("sequenceNumber", "dequeueCount"):
        for value in (FARTHEST, -FARTHEST - 1, 1e300):
            yield MESSAGE | {member: value}
    for member in ("insertionTime", "expirationTime", "nextVisibleTime"):
        for value in ("99999-01-01T00:00:00.000Z", "9223372036854775807-01-01T00:00:00Z"):
            yield MESSAGE | {member: value}


@attack("counters of 2^63-1 and the year 99999 in .luafunc, twice")
def wild_numbers(stage):
    files = {f".luafunc/{kind}/orders/{number}.json": json.dumps(message)
             for kind in ("queues", "servicebus", "eventhubs") for number, message in enumerate(wild_messages())}
    files |= {
        ".luafunc/receipts/b.jsonl": '{"blob":"files/a.txt","etag":"0x0","failures":9223372036854775807}\n',
        ".luafunc/blobs/files/a.txt": "x",
        ".luafunc/timers.json": '{"t":{"Last":null,"Next":"99999-01-01T00:00:00Z","LastUpdated":"99999-01-01T00:00:00Z"}}',
        "functions/q/function.json": json.dumps(queue("orders") | {"retry": {
            "strategy": "exponentialBackoff", "maxRetryCount": -1, "minimumInterval": "10675199.00:00:00",
            "maximumInterval": "10675199.00:00:00"}}),
        "functions/q/handler.lua": "return function() error 'always' end",
        "functions/b/function.json": json.dumps({"bindings": [
            {"name": "blob", "type": "blobTrigger", "path": "files/{name}", "connection": ""}]}),
        "functions/b/handler.lua": "return function() error 'always' end",
        "functions/t/function.json": json.dumps({"bindings": [
            {"name": "timer", "type": "timerTrigger", "schedule": "0 0 0 1 1 *"}]}),
        "functions/t/handler.lua": "return function() end",
    }
    app = stage.app(files)
    os.utime(app.folder / ".luafunc/blobs/files/a.txt", (10_413_792_000, 10_413_792_000))
    for _ in range(2):
        host = stage.run(app, command="start").wait()
        time.sleep(1)
        host.lives()
        host.stop()
    return "started twice, and answers"


@attack("strangers in .luafunc: loops, texts, files for folders")
def strangers(stage):
    app = stage.app({".luafunc/queues/notes.txt": "mine", "functions/q/handler.lua": "return function() end",
                     "functions/q/function.json": json.dumps(queue("orders"))})
    os.symlink("round", app.folder / ".luafunc/queues/round")
    (app.folder / ".luafunc/queues/orders").mkdir()
    os.symlink("r.json", app.folder / ".luafunc/queues/orders/r.json")
    (app.folder / ".luafunc/queues/.unfinished").write_text("a file")
    host = stage.run(app, command="start").wait()
    host.lives()
    expect((app.folder / ".luafunc/queues/notes.txt").read_text() == "mine", "a stranger's file is gone")
    return "told, untouched"


IMPOSSIBLE = {
    "host.json": ['{"version":"2.0","functionTimeout":"%s"}' % value for value in (
        "99999999999999999999", "10675200.00:00:00", "-5", "NaN")] + [
        '{"version":"2.0","functionTimeout":1e308}', '{"version":"2.0","x":' + "[" * 200 + "]" * 200 + "}",
        '{"version":"2.0"' + " " * 5_000_000, '{"version":"2.0","retry":{"maxRetryCount":9223372036854775807}}'],
    "local.settings.json": ['{"Host":{"LocalHttpPort":%s}}' % value for value in ("99999999999999999999", "-1", "1e99")],
    "functions/f/function.json": [
        json.dumps(HTTP | {"lua": limits}) for limits in (
            {"memoryLimit": "99999999999GB"}, {"timeLimit": "1e300"}, {"timeLimit": "-1s"}, {"memoryLimit": 1e300},
            {"timeLimit": "9223372036854775807h"})] + ["[" * 100_000],
}


@attack("impossible values in host.json, function.json and local.settings.json")
def impossible(stage):
    count = 0
    for path, texts in IMPOSSIBLE.items():
        for text in texts:
            files = function("f", "return 1") | {path: text}
            app = stage.app(files)
            for command in (["check"], ["serve", "--port", "0", "--until-stdin-ends"], ["start", "--port", "0"]):
                process = subprocess.Popen(
                    [stage.program, command[0], "--app", str(app.folder), *command[1:]], stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if command[0] == "start":
                    time.sleep(0.3)
                    process.terminate()
                output, _ = process.communicate(timeout=60)
                expect(process.returncode >= 0 and process.returncode != 70,
                       f"{path}: {text[:60]}: {command[0]} ended with {process.returncode}: {output[-200:]!r}")
                count += 1
    return f"{count} runs, each told in a sentence or ignored"


@attack("files that are endless: host.json, function.json and handler.lua are /dev/zero")
def endless_files(stage):
    for path in ("host.json", "functions/f/function.json", "functions/f/handler.lua"):
        app = stage.app(function("f", "return 1"))
        (app.folder / path).unlink()
        os.symlink("/dev/zero", app.folder / path)
        process = subprocess.Popen([stage.program, "check", "--app", str(app.folder)], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)))
        try:
            output, _ = process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            expect(False, f"{path}: luafunc check never ends")
        expect(process.returncode in (1, 65), f"{path}: ended with {process.returncode}: {output[-200:]!r}")
    return "told"


@attack("a full disk")
def full_disk(stage):
    order = {"bindings": [*HTTP["bindings"], {"name": "message", "type": "queue", "queueName": "orders",
                                              "connection": "", "direction": "out"}]}
    app = stage.app(function("order", "return { message = ('x'):rep(40000), res = 'sent' }", bindings=order))
    host = stage.run(
        app, command="start", prepare=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))).wait()
    reply = host.ask("/api/order")
    host.lives()
    expect(reply.status == 500, f"status {reply.status}")
    host.must_say("File too large")
    left = [file for file in (app.folder / ".luafunc").rglob("*") if file.is_file() and file.stat().st_size >= 8192]
    expect(not left, f"a part stays: {left}")
    return "told; no part of the file stays"


@attack("the app's folder deleted and made anew under start")
def made_anew(stage):
    app = stage.app(function("f", "return 'old'"))
    host = stage.run(app, command="start").wait()
    host.answers("f", "old")
    shutil.rmtree(app.folder)
    time.sleep(0.5)
    app.write({"host.json": '{ "version": "2.0" }'} | function("f", "return 'anew'")
              | function("ping", "return 'pong'"))
    eventually(lambda: host.ask("/api/f").text == "anew", f"it is not watched again: {host.tail()}", 20)
    app.write({"functions/f/handler.lua": "return function() return 'again' end"})
    eventually(lambda: host.ask("/api/f").text == "again", "a later save has no effect", 20)
    return "watched again"


@attack("kill -9 of start leaves no handler behind")
def killed(stage):
    for words in (["--", "/bin/sleep", "86399"], []):
        app = stage.app({})
        host = stage.run(app, *words, command="start").wait()
        eventually(host.children, "there is no handler")
        children = host.children()
        host.process.kill()
        host.process.wait()
        eventually(lambda: not any(os.path.exists(f"/proc/{child}/exe") and os.readlink(f"/proc/{child}/exe")
                                   for child in children), f"{words}: the handler lives on", 10)
    return "ended with it"


@attack("links and binding types in an app that lead editor files elsewhere")
def editor_files(stage):
    odd = json.dumps({"bindings": [{"name": "x", "type": "queueTrigger", "queueName": "q", "connection": ""},
                                   {"name": "y", "type": "a\ntouch forged #", "direction": "out"}]})
    count = 0
    for path in ("types", "types/.gitignore", "types/functions.lua", "types/json.lua", "types/luafunc", "types/globals/os.lua"):
        app = stage.app({"functions/odd/function.json": odd, "functions/odd/handler.lua": "return function() end",
                         "lib/json.lua": "return {}", ".luarc.json": '{"workspace.library": [".luafunc/types"]}'})
        outside = app.folder.parent / (app.folder.name + "-outside")
        stage.made.append(lambda outside=outside: shutil.rmtree(outside, ignore_errors=True))
        theirs = [outside / name for name in (
            "types/.gitignore", "types/functions.lua", "types/json.lua", "types/luafunc/http.lua", "types/globals/os.lua")]
        for file in theirs:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("theirs")
        link = app.folder / ".luafunc" / path
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(outside / path)
        stage.command(app, "types", codes=(1,)).must_say(f".luafunc/{path} is a link")
        host = stage.run(app, command="start").wait()
        host.lives()
        host.stop()
        expect(sorted(file for file in outside.rglob("*") if file.is_file()) == sorted(theirs), f"{path}: other files")
        expect(all(file.read_text() == "theirs" for file in theirs), f"{path}: a file has changed")
        link.unlink()
        stage.command(app, "types")
        text = (app.folder / ".luafunc/types/functions.lua").read_text()
        expect("forged" not in text, "a type has added a line")
        count += 1
    return f"{count} links, nothing behind them changed"


@attack("links in an app that lead the data of start elsewhere")
def data_files(stage):
    order = {"bindings": [*HTTP["bindings"], {"name": "message", "type": "queue", "queueName": "orders",
                                              "connection": "", "direction": "out"}]}
    files = function("order", "return { message = 'x', res = 'sent' }", bindings=order)
    count = 0
    for path in ("", ".gitignore", "lock", "keys.json", "outputs.jsonl", "timers.json", "queues", "servicebus", "eventhubs",
                 "blobs", "receipts", "https", "https/localhost.key", "https/localhost.crt", "queues/orders"):
        for exists in (True, False):
            app = stage.app(files)
            outside = app.folder.parent / (app.folder.name + "-outside")
            outside.mkdir()
            stage.made.append(lambda outside=outside: shutil.rmtree(outside, ignore_errors=True))
            if exists:
                (outside / "target").write_text("theirs") if "." in path or path == "lock" else (outside / "target").mkdir()
            link = app.folder / ".luafunc" / path
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(outside / "target")
            before = {file: file.is_file() and file.read_text() for file in outside.rglob("*")}
            if path == "queues/orders":
                host = stage.run(app, "--auth", command="start").wait()
                host.ask("/api/order", method="GET")
                host.lives()
                host.stop()
            else:
                stage.command(app, "start", "--port", "0", "--auth", "--https", codes=(65,)).must_say("is a link")
            expect({file: file.is_file() and file.read_text() for file in outside.rglob("*")} == before,
                   f"{path}: something behind the link has changed")
            count += 1
    return f"{count} links, nothing behind them changed"


@attack("names and links that lead the admin API out of the app")
def admin_files(stage):
    app = stage.app(function("f", "return 'f'"))
    outside = app.folder.parent / (app.folder.name + "-outside")
    outside.mkdir()
    stage.made.append(lambda: shutil.rmtree(outside, ignore_errors=True))
    (outside / "keep.txt").write_text("mine")
    host = stage.run(app, "--auth", command="start").wait()
    (app.folder / "functions" / "out").symlink_to(outside)
    (app.folder / "functions" / "f" / "link.lua").symlink_to(outside / "keep.txt")
    key = json.loads((app.folder / ".luafunc" / "keys.json").read_text())["masterKey"]

    def ask(method, name, body=b"{}", sent=key):
        headers = {"Content-Type": "application/json", "x-functions-key": sent}
        return host.ask(f"/admin/functions/{name}", body, method, headers).status

    plain = b'{"config":{"bindings":[]},"files":{"keep.txt":"theirs"}}'
    expect(ask("PUT", "f", plain, None) == 401, "no key is needed")
    for name in ("..%2fescaped", "%2e%2e%2fescaped", "..", "a%2f..%2f..%2f..%2fescaped", "a%00", "%5c..%5cescaped", "out"):
        for method in ("PUT", "DELETE"):
            expect(ask(method, name, plain) in (400, 404, 500), f"{method} {name} was done")
    for name in ("../escaped", "../../escaped", "/etc/escaped", "..", "a/b", "a\0b"):
        body = json.dumps({"config": {"bindings": []}, "files": {name: "theirs"}}).encode()
        expect(ask("PUT", "f", body) == 400, f"the file {name!r} was written")
    body = json.dumps({"config": {"bindings": []}, "files": {"link.lua": "theirs"}}).encode()
    expect(ask("PUT", "f", body) == 201, "a link cannot be replaced")
    expect((outside / "keep.txt").read_text() == "mine", "a link was followed")
    expect([path.name for path in outside.iterdir()] == ["keep.txt"], "files were written outside")
    for place in (app.folder, app.folder.parent, app.folder / "functions"):
        expect(not (place / "escaped").exists(), f"a file appeared in {place}")
    return "400, 404 or 500; nothing outside changed"
