"""Servers outside of the empty root for luafunc to call: a web server with HTTP and HTTPS, and a name server."""

import contextlib
import http.server
import socket
import socketserver
import ssl
import struct
import subprocess
import threading

NAMED = "hosts.test"  # a name in /etc/hosts
RESOLVED = "dns.test"  # a name that only the name server knows
ANSWER = "from outside"
NAME_SERVER = "127.9.8.7"


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER.encode())

    def log_message(self, *_):
        pass


class WebServer(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # a client that does not trust the certificate closes the connection


class Names(socketserver.BaseRequestHandler):
    """A name server for which every name is 127.0.0.1 and has no IPv6 address."""

    def handle(self):
        query, answers = self.request
        name = query[12 : query.index(b"\0", 12) + 5]  # including type and class
        kind = struct.unpack("!H", name[-4:-2])[0]
        records = b"\xc0\x0c\0\1\0\1\0\0\0\1\0\4\x7f\0\0\1" if kind == 1 else b""
        counts = struct.pack("!HHHHH", 0x8180, 1, 1 if records else 0, 0, 0)
        answers.sendto(query[:2] + counts + name + records, self.client_address)


@contextlib.contextmanager
def serving(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def web(certificate=None):
    server = WebServer(("127.0.0.1", 0), Pages)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return serving(server)


def names():
    """Listens on port 53, as resolv.conf can name no other. Raises PermissionError if that needs root."""
    return serving(socketserver.UDPServer((NAME_SERVER, 53), Names))


def make_certificates(folder):
    """Creates a certificate authority (ca.pem), a server certificate that it has signed (server.pem), and an unrelated
    certificate (other.pem)."""
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    signed = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-addext", f"subjectAltName=DNS:{NAMED}"]
    for name, subject, more in [("ca", "authority", []), ("other", "stranger", []), ("server", NAMED, signed)]:
        key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
        subprocess.run(
            [*make, "-subj", f"/CN={subject}", "-keyout", key, "-out", certificate, *more], check=True,
            capture_output=True)
    server = folder / "server.pem"
    server.write_text(server.read_text() + (folder / "server.key").read_text())
