"""A sender that is no SDK: Debian's rsyslog writes what an application logs as line protocol, and `tenure import`
brings it in. The package is unpacked beside the virtual environment and run as an ordinary program, since a second
system logger is nothing to install for a test."""

import glob
import logging.handlers
import os
import socket
import subprocess
import time

PACKAGES = ["rsyslog", "libestr0", "libfastjson4", "liblognorm5"]

CONFIGURATION = """
global(workDirectory="{directory}")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{directory}/log.sock" createPath="off" RateLimit.Interval="0")
template(name="event" type="string"
         string="%msg:F,32:4%,company=%msg:F,32:2% user=\\"%msg:F,32:3%\\" %timereported:::date-unixtimestamp%000000000\\n")
if $programname == "app" then action(type="omfile" file="{directory}/events.line" template="event")
"""


class Rsyslog:
    name = "rsyslog"

    def __init__(self, cache):
        self.root = os.path.join(cache, "rsyslog")
        if not os.path.exists(self.root):
            packages = os.path.join(cache, "packages")
            os.makedirs(packages, exist_ok=True)
            subprocess.run(["apt-get", "download", "-qq", *PACKAGES], cwd=packages, check=True, stderr=subprocess.DEVNULL)
            for package in glob.glob(os.path.join(packages, "*.deb")):
                subprocess.run(["dpkg", "-x", package, self.root], check=True)
        self.libraries = os.path.join(self.root, "usr", "lib", "x86_64-linux-gnu")
        if not os.path.exists(self.libraries):
            self.libraries = glob.glob(os.path.join(self.root, "usr", "lib", "*-linux-gnu"))[0]

    def run_program(self, *arguments):
        return subprocess.Popen(
            [os.path.join(self.root, "usr", "sbin", "rsyslogd"), *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LD_LIBRARY_PATH": self.libraries, "RSYSLOG_MODDIR": self.libraries + "/rsyslog"})

    @property
    def version(self):
        return self.run_program("-v").communicate()[0].split()[1].decode()

    def write(self, directory, count, companies, users):
        """Logs `count` lines through rsyslog; returns the file of line protocol that came of them."""
        configuration = os.path.join(directory, "rsyslog.conf")
        with open(configuration, "w") as file:
            file.write(CONFIGURATION.format(directory=directory))
        rsyslog = self.run_program("-n", "-f", configuration, "-i", os.path.join(directory, "rsyslog.pid"))
        path = os.path.join(directory, "log.sock")
        deadline = time.monotonic() + 20
        while not os.path.exists(path):
            assert rsyslog.poll() is None and time.monotonic() < deadline, "rsyslogd did not start"
            time.sleep(0.02)
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        log.connect(path)
        for number in range(count):
            priority = logging.handlers.SysLogHandler.LOG_USER << 3 | logging.handlers.SysLogHandler.LOG_INFO
            stamp = time.strftime("%b %d %H:%M:%S")
            text = f"<{priority}>{stamp} app: {companies[number % len(companies)]} {users[number % len(users)]} report.exported"
            log.send(text.encode())
        events = os.path.join(directory, "events.line")
        while True:
            assert time.monotonic() < deadline, "rsyslogd did not write everything"
            if os.path.exists(events):
                with open(events) as file:
                    if sum(1 for _ in file) == count:
                        break
            time.sleep(0.05)
        rsyslog.terminate()
        rsyslog.wait()
        return events
