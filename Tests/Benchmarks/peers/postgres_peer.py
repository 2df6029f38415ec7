"""PostgreSQL: each batch is one transaction of COPY into a temporary table and one statement that folds it in.

psql brings the batches, from a file written before, over one Unix socket. Two and three connections were tried once
each, on two cores that others used as well, and were not faster (69,000 and 67,000 events a second, against 74,000):
each batch has the largest companies in it, whose rows are locked up to the commit.
"""

import json
import os
import pwd
import signal
import subprocess
import time

import load
from measure import Measurement

HERE = os.path.dirname(os.path.abspath(__file__))
BINARIES = "/usr/lib/postgresql/15/bin"
# The server refuses to run as root; Debian's package brings this user.
SERVER_USER = "postgres"
SETTINGS = {
    "listen_addresses": "", "synchronous_commit": "on", "shared_buffers": "1GB", "work_mem": "64MB",
    "wal_buffers": "64MB",
    # No checkpoint while events come, nor the whole pages that would go to the WAL after each.
    "max_wal_size": "16GB", "checkpoint_timeout": "1h",
    # Compiling costs more than it saves in statements of some ten thousand rows.
    "jit": "off",
}
PATIENCE_SECONDS = 60
ANSWERS = """
SELECT json_build_object('logged', (SELECT count(*) FROM events), 'companies', (SELECT json_object_agg(
    company, json_build_object('events', events, 'last_ms', last_ms, 'days', days,
        'users', (SELECT count(*) FROM company_users u WHERE u.company = c.company),
        'tasks', (SELECT json_object_agg(task, events) FROM company_tasks t WHERE t.company = c.company)))
    FROM (SELECT company, sum(events) AS events, max(last_ms) AS last_ms, json_object_agg(day, events) AS days
          FROM company_days GROUP BY company) c))
"""


def run(events, directory, options):
    script = os.path.join(directory, "load.sql")
    write_script(script, load.batches(events, options.postgres_batch))
    with Server(directory) as server:
        server.psql("--file", os.path.join(HERE, "schema.sql"))
        with Measurement(server.process.pid) as measurement:
            server.psql("--file", script)
        return measurement.cost, answers(server)


def write_script(path, batches):
    with open(os.path.join(HERE, "session.sql")) as file:
        session = file.read()
    with open(path, "w") as file:
        file.write(session)
        for batch in batches:
            file.write("BEGIN;\nCOPY staging FROM STDIN;\n")
            # No text of ours holds a tab, a newline or a backslash, which COPY would want escaped.
            file.writelines(
                f"{event.id}\t{event.company}\t{event.user}\t{event.task}\t{load.day(event.time_ms)}\t"
                f"{event.time_ms}\t{event.amount}\n" for event in batch)
            file.write("\\.\nEXECUTE fold;\nCOMMIT;\n")


def answers(server):
    found = json.loads(server.psql("--command", ANSWERS))
    return load.Answers(found["logged"],
                        {company: load.Portrait(**fields) for company, fields in found["companies"].items()})


class Server:
    """One cluster in a directory of its own, reached by a Unix socket only."""

    def __init__(self, directory):
        self.directory = directory
        self.data = os.path.join(directory, "data")
        self.as_user = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(SERVER_USER)
            self.as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(directory, user.pw_uid, user.pw_gid)

    def __enter__(self):
        # Trusting whoever connects: the socket lies in a directory that only we and the server's user may enter.
        made = subprocess.run(
            [f"{BINARIES}/initdb", "--pgdata", self.data, "--username", SERVER_USER, "--auth", "trust",
             "--encoding", "UTF8", "--locale", "C", "--no-sync"],
            capture_output=True, text=True, cwd="/", **self.as_user)
        if made.returncode != 0:
            raise SystemExit(f"peers: initdb: {made.stderr}"
                             f"The server runs as user {SERVER_USER}: name a --directory that it can reach.")
        settings = {**SETTINGS, "unix_socket_directories": self.directory}
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        with open(os.path.join(self.directory, "log"), "w") as log:
            self.process = subprocess.Popen(
                [f"{BINARIES}/postgres", "-D", self.data, *arguments], stdout=log, stderr=log, cwd="/", **self.as_user)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.run_psql("--command", "SELECT 1").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                with open(os.path.join(self.directory, "log")) as log:
                    raise SystemExit(f"peers: postgres did not start:\n{log.read()}")
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        # Its "fast shutdown": connections are ended.
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_SECONDS)

    def run_psql(self, *arguments):
        return subprocess.run(
            ["psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1",
             "--host", self.directory, "--username", SERVER_USER, "--dbname", "postgres", *arguments],
            capture_output=True, text=True)

    def psql(self, *arguments):
        done = self.run_psql(*arguments)
        if done.returncode != 0:
            raise SystemExit(f"peers: psql: {done.stderr}")
        return done.stdout
