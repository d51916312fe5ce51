"""A root folder that contains only luafunc and an app, and a way to run luafunc in it."""

import os
import shutil
import subprocess
from pathlib import Path

import outside
from serving import Broken, Server, until

NOBODY = 65534  # user and group

HOST = """{ "version": "2.0", "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle" },
  "customHandler": { "enableForwardingHttpRequest": true } }"""
HTTP = """{ "bindings": [ { "name": "req", "type": "httpTrigger" },
  { "name": "res", "type": "http", "direction": "out" } ] }"""
QUEUE = """{ "bindings": [ { "name": "item", "type": "queueTrigger", "queueName": "items", "connection": "Storage" },
  { "name": "$return", "type": "queue", "direction": "out", "queueName": "out", "connection": "Storage" } ] }"""
CALL = """
local http = require "http"
return function(data)
  local response, message, kind = http.get(data.req:query "url", { timeout = 10 })
  if not response then return { status = 502, body = kind .. ": " .. message } end
  return { status = response.status, body = response.body }
end
"""
APP = {
    "host.json": HOST,
    "functions/hello/function.json": HTTP,
    "functions/hello/handler.lua": 'return function() return "first" end',
    "functions/call/function.json": HTTP,
    "functions/call/handler.lua": CALL,
    "functions/echo/function.json": QUEUE,
    "functions/echo/handler.lua": "return function(data) return data.item end",
}


class EmptyRoot:
    """A root folder with `/luafunc`, `/app`, `/proc`, `/etc/hosts` and `/etc/resolv.conf`."""

    def __init__(self, folder, program):
        self.folder = Path(folder)
        (self.folder / "proc").mkdir()
        shutil.copy(program, self.folder / "luafunc")
        self.write("etc/hosts", f"127.0.0.1 localhost {outside.NAMED}\n")
        self.write("etc/resolv.conf", f"nameserver {outside.NAME_SERVER}\noptions timeout:1 attempts:1\n")
        for file, text in APP.items():
            self.write(f"app/{file}", text)
        self.folder.chmod(0o755)
        self.check()

    def write(self, file, text):
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def command(self, *arguments):
        """Only root may switch to another user. Other users need a user namespace for that."""
        become = [f"--setuid={NOBODY}", f"--setgid={NOBODY}"]
        if os.geteuid() != 0:
            become = ["--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
        return [
            "unshare", "--mount", "--pid", "--fork", f"--root={self.folder}", "--wd=/app", "--mount-proc", *become,
            "/luafunc", *arguments]

    def check(self):
        tried = subprocess.run(self.command("--version"), env={}, capture_output=True, text=True)
        if tried.returncode == 0:
            return
        said = tried.stderr.strip() or f"it ended with {tried.returncode}"
        if said.startswith("unshare:") and "/luafunc" not in said:
            said = (
                f"cannot test here: {said}; needs root, or a kernel that lets users make namespaces"
                " (kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)")
        raise Broken(said)

    def serve(self, *arguments, **environment):
        return Contained(self.command(*arguments), environment)


class Contained(Server):
    """luafunc as the child of unshare, and as process 1 of its own namespace, as in a container."""

    @property
    def pid(self):
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(until(children.read_text, self.ended))
