# SPDX-License-Identifier: Apache-2.0
# Starts `ticktower venue` as its own process and reads the hello line; a name for each of its hosts.
#
# Foreign clients tell the markets of a venue apart by host names (fapi, fstream, sapi, sstream), so they get
# such names here too, all below "localhost" and all 127.0.0.1 (RFC 6761). Not every C library resolves these,
# therefore this process does.

import json
import os
import signal
import socket
import subprocess
import tempfile

HOSTS = ("fapi.localhost", "sapi.localhost", "fstream.localhost", "sstream.localhost")


def resolve_below_localhost():
    """Let every client in this process find *.localhost at 127.0.0.1."""
    ordinary = socket.getaddrinfo

    def getaddrinfo(host, *rest, **named):
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name.endswith(".localhost"):
            host = "127.0.0.1"
        return ordinary(host, *rest, **named)

    socket.getaddrinfo = getaddrinfo


class Venue:
    """One venue process. Sites by name: aster, spot, binance."""

    def __init__(self, *options):
        binary = os.environ.get("TICKTOWER", "build/ticktower")
        self.process = subprocess.Popen([binary, "venue", *options], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{binary} venue {' '.join(options)}: said nothing and ended")
        self.hello = json.loads(line)
        self.site = {s["name"]: s for s in self.hello["sites"]}
        self.ca_file = None
        if self.hello["tls"]:
            with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as f:
                f.write(self.hello["ca_pem"])
                self.ca_file = f.name

    def host(self, site):
        """host:port of a site, without the first label"""
        return f"localhost:{self.site[site]['port']}"

    def rest(self, site):
        return self.site[site]["rest"]

    def ws(self, site):
        return self.site[site]["ws"]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.stdout.close()
        if self.ca_file:
            os.unlink(self.ca_file)
            self.ca_file = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
