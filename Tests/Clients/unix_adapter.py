"""Lets clients that are built on requests speak over a Unix socket: their host stays as it is, the connection
goes to the socket."""

import socket

import urllib3.connection
import urllib3.connectionpool
from requests.adapters import HTTPAdapter


class UnixConnection(urllib3.connection.HTTPConnection):
    def __init__(self, path, **options):
        super().__init__("localhost", **options)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class UnixPool(urllib3.connectionpool.HTTPConnectionPool):
    def __init__(self, path):
        super().__init__("localhost")
        self.path = path

    def _new_conn(self):
        return UnixConnection(self.path, timeout=10)


class UnixAdapter(HTTPAdapter):
    def __init__(self, path):
        super().__init__()
        self.pool = UnixPool(path)

    def get_connection_with_tls_context(self, request, verify, proxies=None, cert=None):
        return self.pool
