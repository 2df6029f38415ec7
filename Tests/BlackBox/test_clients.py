"""Other systems' clients over HTTP as their worst days have it: bodies cut off, packed wrongly, without end; thousands
of slow connections; and what a key opens. What the real clients do is tested by scripts/clients."""

import base64
import gzip
import http.client
import json
import os
import signal
import socket
import tempfile
import time
import unittest
import zlib

from daemon import Daemon, free_port
from test_hostile import BOUND_BYTES, LONG, MIB, Watched, allow_many_files

KEY = "5f0c2d9b8e7a6f5e4d3c2b1a"


def batch(*events, **members):
    return json.dumps({"batch": list(events), **members}).encode()


def track(event, **members):
    return {"type": "track", "event": event, "userId": "u1", "context": {"groupId": "acme"}, **members}


class Keyed(Watched):
    """A daemon that listens on TCP and knows one sender by its key."""

    def __init__(self, source="", more=""):
        self.holder = tempfile.TemporaryDirectory(prefix="tenure-test-")
        with open(os.path.join(self.holder.name, "app.key"), "w") as file:
            file.write(KEY + "\n")
        self.port = free_port()
        config = f"http: {{tcp: 127.0.0.1:{self.port}}}\nsources: {{app: {{key_file: app.key{source}}}}}\n{more}"
        super().__init__(clock="wall", config=config, directory=self.holder.name)

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        self.holder.cleanup()

    def connect_tcp(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def post(self, path, body, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            headers.setdefault("Authorization", "Bearer " + KEY)
            connection.request("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else None
        finally:
            connection.close()


class ClientTests(unittest.TestCase):
    def events(self, daemon, company="acme"):
        status, body = daemon.request("GET", "/v1/companies/" + company)
        return json.loads(body)["events"]["lifetime"] if status == 200 else 0

    def test_over_TCP_a_key_is_needed_and_over_the_socket_a_wrong_one_is_refused(self):
        with Keyed() as daemon:
            body = batch(track("a", messageId="1"))
            basic = "Basic " + base64.b64encode((KEY + ":").encode()).decode()
            for header, status in [
                ("Bearer " + KEY, 200), ("Token " + KEY, 200), (basic, 200), ("", 401), ("Bearer wrong", 401),
                ("Bearer " + KEY[:-1], 401), ("Bearer " + KEY + "0", 401),
            ]:
                found, answer = daemon.post("/v1/batch", body, Authorization=header)
                self.assertEqual(found, status, header)
                if status == 401:
                    self.assertEqual(answer["code"], "unauthorized")
                    self.assertEqual({"code", "message", "error", "detail"}, set(answer))
            self.assertEqual(daemon.post("/v1/batch", batch(track("b", messageId="2"), writeKey=KEY), Authorization="")[0], 200)
            for path in ["/write", "/api/v2/write", "/v1/events", "/batch/", "/api/v1/events", "/v1/track"]:
                self.assertEqual(daemon.post(path, b"{}", Authorization="")[0], 401, path)
            self.assertEqual(daemon.request("POST", "/v1/batch", batch(track("c", messageId="3")))[0], 200)
            self.assertEqual(daemon.request("POST", "/v1/batch", batch(track("d"), writeKey="wrong"))[0], 401)
            self.assertEqual(self.events(daemon), 3)
            self.assertNotIn(KEY, daemon.log_text())

    def test_a_key_that_can_be_guessed_stops_the_start_and_is_not_repeated(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "app.key"), "w") as file:
                file.write("short\n")
            daemon = Daemon(config="sources: {app: {key_file: app.key}}\n", directory=directory)
            with self.assertRaises(AssertionError) as raised:
                daemon.start()
            self.assertIn("exited with 78", str(raised.exception))
            self.assertIn("app.key:1: a key of fewer than 16 characters", str(raised.exception))
            self.assertNotIn("short", str(raised.exception))

    def test_over_TCP_without_any_key_nobody_is_let_in(self):
        port = free_port()
        with Daemon(config=f"http: {{tcp: 127.0.0.1:{port}}}\n") as daemon:
            for headers in [{}, {"Authorization": "Bearer " + KEY}]:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("POST", "/v1/batch", batch(track("a"), writeKey=KEY), headers)
                self.assertEqual(connection.getresponse().status, 401)
                connection.close()
            self.assertEqual(self.events(daemon), 0)

    def test_the_company_of_a_key_holds_where_nothing_else_names_one_also_for_what_is_sent_again(self):
        with Keyed(source=", company: home") as daemon:
            named = {"type": "group", "userId": "u2", "groupId": "acme", "messageId": "g"}
            alone = {"type": "track", "event": "t", "userId": "u3", "messageId": "m"}
            nobody = {"type": "track", "event": "t", "messageId": "n"}
            of_group = {"type": "track", "event": "t", "userId": "u2", "messageId": "o"}
            for _ in range(2):
                self.assertEqual(daemon.post("/v1/batch", batch(named, alone, nobody, of_group))[1], {"success": True})
                daemon.restart(signal.SIGKILL)
            self.assertEqual(self.events(daemon, "home"), 2)
            self.assertEqual(self.events(daemon, "acme"), 1)
            self.assertTrue(daemon.ask("/v1/verify")["ok"])

    def test_packed_bodies_are_unpacked_and_bad_ones_refused_by_name(self):
        with Keyed() as daemon:
            body = batch(track("a", messageId="1"))
            packed = gzip.compress(body)
            cases = [
                (packed, "gzip", 200, None), (zlib.compress(body), "deflate", 200, None),
                (packed[:-9], "gzip", 400, "bad_encoding"), (body, "gzip", 400, "bad_encoding"),
                (packed, "br", 400, "bad_encoding"), (packed, None, 400, "bad_json"), (b"", "gzip", 400, "bad_json"),
            ]
            for data, encoding, status, code in cases:
                headers = {"Content_Encoding": encoding} if encoding else {}
                found, answer = daemon.post("/v1/batch", data, **headers)
                self.assertEqual((found, answer.get("code")), (status, code), encoding)
            points = b"a,company=acme count=1 1795341600000000000\n" * 3
            self.assertEqual(daemon.post("/api/v2/write", gzip.compress(points), Content_Encoding="gzip"), (204, None))
            self.assertEqual(daemon.post("/write", b"", Content_Encoding="gzip"), (204, None))
            self.assertEqual(self.events(daemon), 2)

    def test_a_gzip_bomb_is_refused_in_bounded_memory(self):
        with Keyed() as daemon:
            packer = zlib.compressobj(9, zlib.DEFLATED, 31)
            bomb = b"".join(packer.compress(b" " * MIB) for _ in range(1_000)) + packer.flush()
            self.assertLess(len(bomb), 2 * MIB)
            for path, statuses in [("/v1/batch", (400,)), ("/batch/", (400,)), ("/api/v2/write", (413,)), ("/v1/events", (413,))]:
                status, answer = daemon.post(path, bomb, Content_Encoding="gzip")
                self.assertIn(status, statuses, path)
                self.assertEqual(answer["code"], "too_large")
            grown = daemon.memory("VmHWM") - daemon.memory_at_start
            self.assertLess(grown, 60 * MIB)

    def test_a_body_that_is_cut_off_brings_nothing_of_its_last_line_and_the_next_one_counts(self):
        with Keyed() as daemon:
            for path, body in [
                ("/v1/batch", batch(track("a", messageId="1"))), ("/write", b"a,company=acme count=7 1795341600000000000"),
            ]:
                for framing in [f"Content-Length: {len(body) + 100}", "Transfer-Encoding: chunked"]:
                    with daemon.connect_tcp() as connection:
                        head = f"POST {path} HTTP/1.1\r\nHost: l\r\nAuthorization: Bearer {KEY}\r\n{framing}\r\n\r\n"
                        if framing.startswith("Transfer"):
                            body = b"%x\r\n%b" % (len(body) + 100, body)
                        connection.sendall(head.encode() + body)
                        time.sleep(0.1)
            self.assertEqual(self.events(daemon), 0)
            self.assertEqual(daemon.post("/v1/batch", batch(track("a", messageId="1")))[0], 200)
            self.assertEqual(self.events(daemon), 1)

    def test_a_chunked_body_and_many_requests_on_one_connection_are_served(self):
        with Keyed() as daemon:
            connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
            for number in range(50):
                body = batch(track("a", messageId=str(number)))
                pieces = (body[index:index + 7] for index in range(0, len(body), 7))
                connection.request(
                    "POST", "/v1/batch", pieces, {"Authorization": "Bearer " + KEY}, encode_chunked=number % 2 == 0)
                response = connection.getresponse()
                self.assertEqual((response.status, json.loads(response.read())), (200, {"success": True}))
            connection.close()
            self.assertEqual(self.events(daemon), 50)

    def test_bad_events_are_listed_and_the_good_ones_among_them_count(self):
        deep = json.loads("[" * 50 + "]" * 50)
        with Keyed() as daemon:
            status, answer = daemon.post(
                "/v1/batch",
                batch(track("a"), {"type": "track"}, track("b", properties={"deep": deep}), 7, None, track("c" * 300), track("d")))
            self.assertEqual(status, 200)
            self.assertEqual(
                [(error["index"], error["code"]) for error in answer["errors"]],
                [(1, "no_task"), (2, "too_deep"), (3, "bad_json"), (4, "bad_json"), (5, "limit")])
            self.assertEqual(self.events(daemon), 2)
            codes = [reject["code"] for reject in daemon.ask("/v1/rejects")["rejects"]]
            self.assertEqual(codes, ["no_task", "too_deep", "bad_json", "bad_json", "limit"])
            status, answer = daemon.post("/write?precision=s", b"a,company=acme count=1 1795341600\nb\nc,company=acme count=1 1795341601\n")
            self.assertEqual(status, 400)
            self.assertRegex(answer["error"], r"^partial write: line 2: bad_line: .* dropped=1$")
            self.assertEqual(self.events(daemon), 4)

    def test_deep_and_endless_JSON_is_refused_whatever_it_says_it_is(self):
        with Keyed() as daemon:
            bodies = [
                b'{"batch":' + b"[" * 1_000_000, b'{"a":' * 500_000, b"[" * 1_000_000, b'{"batch":["' + b"x" * MIB,
                b'{"batch":[' + b"{}," * 1_000_000 + b"{}]}", b"\xff" * 1_000,
            ]
            for path in ["/v1/batch", "/batch/", "/i/v1/analytics/events", "/api/v1/events", "/v1/track"]:
                for content in ["application/json", "text/plain", "multipart/form-data; boundary=x", "image/png"]:
                    for body in bodies:
                        status, answer = daemon.post(path, body, Content_Type=content)
                        self.assertEqual(status, 400, (path, body[:20], answer))
            grown = daemon.memory("VmHWM") - daemon.memory_at_start
            self.assertLess(grown, BOUND_BYTES)

    def test_thousands_of_slow_connections_hold_up_no_quick_one(self):
        allow_many_files()
        count = 10_000 if LONG else 1_500
        with Keyed() as daemon:
            files, slow = daemon.files(), []
            head = f"POST /v1/batch HTTP/1.1\r\nHost: l\r\nAuthorization: Bearer {KEY}\r\nContent-Length: 1000\r\n\r\n{{"
            longest = 0
            self.addCleanup(lambda: [connection.close() for connection in slow])
            for number in range(count):
                connection = daemon.connect_tcp()
                # Some have sent half of their head, some a byte of their body, some nothing.
                connection.sendall(head.encode()[:[0, 40, len(head)][number % 3]])
                slow.append(connection)
                if number % 100 == 99:
                    start = time.monotonic()
                    self.assertEqual(daemon.post("/v1/batch", batch(track("a")))[0], 200)
                    longest = max(longest, time.monotonic() - start)
            self.assertLess(longest, 10)
            self.assertLess(daemon.files(), files + 256 + 100)
            grown = daemon.memory("VmHWM") - daemon.memory_at_start
            self.assertLess(grown, BOUND_BYTES)
            self.assertEqual(self.events(daemon), count // 100)
            # They do not hold up the stop either.
            start = time.monotonic()
            self.assertEqual(daemon.stop(), 0)
            self.assertLess(time.monotonic() - start, 20)

    def test_bodies_that_never_end_share_a_bounded_memory_and_others_are_told_to_come_again(self):
        with Keyed(more="limits: {json_bodies_in_all: 4MiB}\n") as daemon:
            piece, stalled = b'{"batch":["' + b"x" * (2 * MIB), []
            for _ in range(3):
                connection = daemon.connect_tcp()
                head = f"POST /v1/batch HTTP/1.1\r\nHost: l\r\nAuthorization: Bearer {KEY}\r\nContent-Length: {4 * MIB}\r\n\r\n"
                connection.sendall(head.encode())
                try:
                    connection.sendall(piece)
                except ConnectionError:
                    pass
                stalled.append(connection)
            time.sleep(0.5)
            connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
            connection.request("POST", "/v1/batch", b" " * (3 * MIB), {"Authorization": "Bearer " + KEY})
            response = connection.getresponse()
            self.assertEqual((response.status, response.getheader("Retry-After")), (503, "1"))
            self.assertEqual(json.loads(response.read())["code"], "busy")
            connection.close()
            for connection in stalled:
                connection.close()
            deadline = time.monotonic() + 60
            while daemon.post("/v1/batch", b'{"batch":[]}' + b" " * (3 * MIB))[0] != 200:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.1)
            self.assertLess(daemon.memory("VmHWM") - daemon.memory_at_start, 60 * MIB)

