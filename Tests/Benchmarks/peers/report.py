"""What is printed: what was done by what, the figures, and what each peer promises. Markdown."""

import os
import platform
import subprocess

import postgres_peer
import redis_peer
from daemon import BIN


def heading(options, truth):
    users = sum(portrait.users for portrait in truth.portraits.values())
    rounds = "one round" if options.rounds == 1 else f"the least of {options.rounds} rounds"
    redis = dict(word.partition("=")[::2] for word in output("redis-server", "--version").split())["v"]
    return f"""\
{os.cpu_count()} cores that server and sender share, load {os.getloadavg()[0]:.1f} before, \
Linux {platform.release()}, {platform.machine()}
- {output(os.path.join(BIN, "tenure"), "version").splitlines()[0]}, Redis {redis}, \
{output(f"{postgres_peer.BINARIES}/postgres", "--version")}; Unix sockets
- {rounds}: {options.events:,} events of {len(truth.portraits):,} companies (of {options.companies:,}) and {users:,} \
users, skewed (Zipf), each with an id; {options.events - truth.logged:,} of them sent again; seed {options.seed}
- answers of the first four equal to plain counting, for every company: events by day and by task, distinct users, \
last activity; and the number of events in the log
- Tenure: one connection, as fast as it takes them; Redis: {options.redis_batch:,} events a script call, pipelined; \
PostgreSQL: {options.postgres_batch:,} a transaction; floors: {options.floor_batch:,} a sync
- put off beyond the run: PostgreSQL's checkpoint and Redis's rewriting of its file; Tenure's checkpoints, one every \
1,000,000 records, are in its figures where they fall
- Redis: {listed(redis_peer.SETTINGS)}
- PostgreSQL: {listed(postgres_peer.SETTINGS)}
"""


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def listed(settings):
    return ", ".join(f"`{name} {value or repr(value)}`" for name, value in settings.items()) + ", else its defaults"


def figures(peers, costs, events):
    tenure = costs[0]
    rows = ["| | events/s | Tenure, times as many | server CPU, µs an event | times Tenure's | sender CPU, µs |",
            "|---|---:|---:|---:|---:|---:|"]
    for peer, cost in zip(peers, costs):
        sender = "" if cost.sender_cpu_seconds is None else f"{cost.sender_cpu_seconds / events * 1e6:.2f}"
        rows.append(f"| {peer.name} | {events / cost.seconds:,.0f} | {ratio(cost.seconds, tenure.seconds)} "
                    f"| {cost.server_cpu_seconds / events * 1e6:.2f} "
                    f"| {ratio(cost.server_cpu_seconds, tenure.server_cpu_seconds)} | {sender} |")
    return "\n".join(rows)


def ratio(left, right):
    return f"{left / right:.1f}" if left >= right else f"{left / right:.2f}"


def promises(peers):
    rows = ["\n| | durable | does not do |", "|---|---|---|"]
    rows += [f"| {peer.name} | {peer.durability} | {peer.without} |" for peer in peers]
    return "\n".join(rows)
