"""The daemon under a service manager: notices, watchdog, passed sockets, and units that systemd itself has read."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from daemon import BIN, PATIENCE_SECONDS, ROOT, Daemon, UnixHTTPConnection

UNITS = os.path.join(ROOT, "systemd")
EVENT = '{"company":"acme","user":"u1","task":"t","time":"2026-01-01T00:00:00Z","id":"%d"}'


def line(number):
    return EVENT % number


class NotifySocket:
    """What systemd would be to the daemon: hears its notices."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(PATIENCE_SECONDS)
        self.heard = []

    def close(self):
        self.socket.close()

    def wait_for(self, field):
        """The first notice with a field that begins so; those before it are kept in `heard`."""
        while True:
            notice = self.socket.recv(4096).decode()
            self.heard.append(notice)
            for text in notice.splitlines():
                if text.startswith(field):
                    return text


class Notices(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.notices = NotifySocket(self.daemon.directory)
        self.daemon.environment = {"NOTIFY_SOCKET": self.notices.path}
        self.addCleanup(self.notices.close)

    def test_ready_comes_when_both_sockets_answer_and_stopping_at_the_stop(self):
        with self.daemon as daemon:
            self.notices.wait_for("READY=1")
            daemon.send([line(1)])
            daemon.stop()
            self.notices.wait_for("STOPPING=1")

    def test_a_replay_tells_how_far_it_has_come_and_asks_for_time(self):
        with self.daemon as daemon:
            daemon.send([line(number) for number in range(2000)])
            daemon.stop()
            self.notices.wait_for("STOPPING=1")
            self.notices.heard.clear()
            daemon.start()
            self.notices.wait_for("READY=1")
            progress = [notice for notice in self.notices.heard if notice.startswith("STATUS=replaying")]
            self.assertRegex(progress[0], r"^STATUS=replaying \d+ % \(\d+ of \d+\)\nEXTEND_TIMEOUT_USEC=\d+$")

    def test_the_writer_pings_the_watchdog_without_work_and_a_stuck_one_does_not(self):
        # Signs of life come at least at half the interval: 50 ms here.
        self.daemon.environment["WATCHDOG_USEC"] = "100000"
        with self.daemon as daemon:
            for _ in range(3):
                self.notices.wait_for("WATCHDOG=1")
            # The whole process stands still, and with it the thread that commits.
            daemon.process.send_signal(signal.SIGSTOP)
            self.notices.socket.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                while True:
                    self.notices.socket.recv(4096)
            daemon.process.send_signal(signal.SIGCONT)
            self.notices.socket.settimeout(PATIENCE_SECONDS)
            self.notices.wait_for("WATCHDOG=1")

    def test_a_refused_reload_shows_in_the_status_line(self):
        daemon = Daemon(rules="flags: []\n")
        notices = NotifySocket(daemon.directory)
        self.addCleanup(notices.close)
        daemon.environment = {"NOTIFY_SOCKET": notices.path}
        with daemon:
            notices.wait_for("READY=1")
            with open(daemon.rules, "w") as file:
                file.write("flags: [{name: x}]\n")
            daemon.process.send_signal(signal.SIGHUP)
            self.assertIn("reload was refused", notices.wait_for("STATUS="))


class PassedSockets(unittest.TestCase):
    """systemd-socket-activate(1) holds the sockets and starts the daemon on them, as systemd does."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="tenure-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.ingest = os.path.join(self.directory, "i.sock")
        self.http = os.path.join(self.directory, "h.sock")
        self.log = open(os.path.join(self.directory, "log"), "w+")
        self.addCleanup(self.log.close)

    def activate(self, names="ingest:http"):
        process = subprocess.Popen(
            ["systemd-socket-activate", "--listen", self.ingest, "--listen", self.http, f"--fdname={names}",
             os.path.join(BIN, "tenured"), "--state-dir", os.path.join(self.directory, "state"), "--clock", "event"],
            stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not os.path.exists(self.http):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        return process

    def ask(self, path):
        connection = UnixHTTPConnection(self.http)
        try:
            connection.request("GET", path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def stop(self, process):
        process.terminate()
        self.assertEqual(process.wait(PATIENCE_SECONDS), 0, self.text())

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def test_the_first_connection_starts_the_daemon_and_is_answered(self):
        process = self.activate()
        with socket.socket(socket.AF_UNIX) as sender:
            sender.connect(self.ingest)
            sender.sendall((line(1) + "\n").encode())
            sender.settimeout(PATIENCE_SECONDS)
            self.assertEqual(json.loads(sender.recv(4096).splitlines()[0])["ack"], 1)
            status = self.ask("/v1/status")
            self.assertEqual(status["sockets"], {"ingest": self.ingest, "http": self.http})
        self.stop(process)
        self.assertTrue(os.path.exists(self.ingest), "the socket file is the service manager's and stays")

    def test_a_socket_of_an_unknown_name_is_exit_78(self):
        process = self.activate(names="ingest:web")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(self.http)
            self.assertEqual(process.wait(PATIENCE_SECONDS), 78)
        self.assertIn("FileDescriptorName=", self.text())


class Upgrade(unittest.TestCase):
    """One daemon goes and the next comes on the same sockets while senders connect all the time."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="tenure-test-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.listeners = [self.listen("ingest.sock"), self.listen("http.sock")]
        self.log = open(os.path.join(self.directory, "log"), "w+")
        self.addCleanup(self.log.close)

    def listen(self, name):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(os.path.join(self.directory, name))
        listener.listen(1024)
        self.addCleanup(listener.close)
        return listener

    def start(self):
        """As systemd passes them: descriptors 3 and 4, and the process's own number in the environment."""
        command = 'exec 3<&"$1" 4<&"$2"; export LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=ingest:http; shift 2; exec "$@"'
        numbers = [listener.fileno() for listener in self.listeners]
        return subprocess.Popen(
            ["bash", "-c", command, "bash", *map(str, numbers), os.path.join(BIN, "tenured"), "--clock", "event",
             "--state-dir", os.path.join(self.directory, "state")],
            pass_fds=numbers, stdout=self.log, stderr=self.log)

    def deliver(self, number):
        """Sends one event again and again until it is acknowledged; returns how often connecting was refused."""
        refused = 0
        while True:
            try:
                with socket.socket(socket.AF_UNIX) as sender:
                    sender.settimeout(PATIENCE_SECONDS)
                    sender.connect(os.path.join(self.directory, "ingest.sock"))
                    sender.sendall((line(number) + "\n").encode())
                    for reply in sender.makefile():
                        if json.loads(reply).get("ack", 0) >= 1:
                            return refused
            except ConnectionRefusedError:
                refused += 1
            except (ConnectionResetError, BrokenPipeError):
                pass

    def test_nobody_is_refused_and_nothing_is_lost(self):
        process = self.start()
        stop = threading.Event()
        delivered, refused = [], []

        def send(first):
            number = first
            while not stop.is_set():
                refused.append(self.deliver(number))
                delivered.append(number)
                number += 4

        senders = [threading.Thread(target=send, args=(first,)) for first in range(4)]
        for sender in senders:
            sender.start()
        try:
            for _ in range(4):
                before = len(delivered)
                deadline = time.monotonic() + PATIENCE_SECONDS
                while len(delivered) < before + 20:
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.01)
                process.terminate()
                self.assertEqual(process.wait(PATIENCE_SECONDS), 0)
                process = self.start()
        finally:
            stop.set()
            for sender in senders:
                sender.join()
        connection = UnixHTTPConnection(os.path.join(self.directory, "http.sock"))
        connection.request("GET", "/v1/status")
        status = json.loads(connection.getresponse().read())
        connection.close()
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        self.assertEqual(sum(refused), 0)
        self.assertEqual(status["events"], len(set(delivered)))


class Units(unittest.TestCase):
    """The unit files, with the paths of this build in place of the installed ones."""

    GREATEST_EXPOSURE = 0.5

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="tenure-units-")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        for folder in (UNITS, os.path.join(UNITS, "examples")):
            for name in os.listdir(folder):
                if name.endswith((".service", ".socket")):
                    with open(os.path.join(folder, name)) as file:
                        text = file.read()
                    with open(os.path.join(self.directory, name), "w") as file:
                        file.write(text.replace("/usr/bin/tenure", os.path.join(BIN, "tenure")))

    def run_analyze(self, *arguments):
        # The folder of its own comes before the system's, so that units find each other.
        environment = {**os.environ, "SYSTEMD_UNIT_PATH": self.directory + ":"}
        return subprocess.run(
            ["systemd-analyze", *arguments], capture_output=True, text=True, env=environment, timeout=PATIENCE_SECONDS)

    def units(self):
        return [os.path.join(self.directory, name) for name in sorted(os.listdir(self.directory))]

    def test_systemd_finds_nothing_to_complain_about(self):
        self.assertEqual(len(self.units()), 4)
        verified = self.run_analyze("verify", "--man=no", *self.units())
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))

    def test_the_service_is_hardly_exposed(self):
        service = os.path.join(self.directory, "tenured.service")
        report = self.run_analyze(
            "security", "--offline=yes", "--no-pager", f"--threshold={int(self.GREATEST_EXPOSURE * 10)}", service)
        self.assertEqual(report.returncode, 0, report.stdout + report.stderr)
        exposure = re.search(r"Overall exposure level for tenured.service: ([0-9.]+)", report.stdout)
        self.assertLessEqual(float(exposure.group(1)), self.GREATEST_EXPOSURE)
        print(f"exposure {exposure.group(1)}", end=" ")

    def test_drop_ins_change_only_what_systemd_knows(self):
        for name in ("limits.conf", "http-tcp.conf"):
            folder = os.path.join(self.directory, "tenured.service.d")
            os.makedirs(folder, exist_ok=True)
            shutil.copy(os.path.join(UNITS, "examples", name), folder)
        verified = self.run_analyze("verify", "--man=no", os.path.join(self.directory, "tenured.service"))
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))

    @unittest.skipUnless(os.geteuid() == 0, "giving files to others takes root")
    def test_users_groups_and_directories_are_made(self):
        root = os.path.join(self.directory, "root")
        os.makedirs(os.path.join(root, "etc"))
        users = subprocess.run(
            ["systemd-sysusers", f"--root={root}", os.path.join(UNITS, "sysusers.d", "tenured.conf")],
            capture_output=True, text=True)
        self.assertEqual(users.returncode, 0, users.stderr)
        with open(os.path.join(root, "etc", "group")) as file:
            groups = {entry.split(":")[0] for entry in file}
        self.assertLessEqual({"tenured", "tenure-senders", "tenure-readers", "tenure-operators"}, groups)
        made = subprocess.run(
            ["systemd-tmpfiles", f"--root={root}", "--create", os.path.join(UNITS, "tmpfiles.d", "tenured.conf")],
            capture_output=True, text=True)
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertTrue(os.path.isdir(os.path.join(root, "run", "tenured")))


if __name__ == "__main__":
    unittest.main()
