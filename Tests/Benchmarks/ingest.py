"""What an event costs that is streamed in at full speed: processor, clock and disk."""

from daemon import Daemon
from figures import Figure, median, number, spread
from load import COMPANIES, USERS, bench, fill

LINE_CPU = Figure("line protocol over the Unix socket, daemon CPU an event", "µs", must=1.2, aim=0.7)
LINE_WALL = Figure("line protocol, wall, acked", "events/s", must=800_000, aim=1_500_000, more_is_better=True)
JSON_CPU = Figure("JSON lines, Segment `track` with UUID ids, daemon CPU an event", "µs", must=1.8, aim=1.0)
JSON_WALL = Figure("JSON lines, wall, acked", "events/s", must=500_000, aim=1_000_000, more_is_better=True)
DISK_IDS = Figure("bytes of disk an event, UUID ids", "bytes", must=45, aim=30)
DISK_NO_IDS = Figure("bytes of disk an event, no ids", "bytes", must=20, aim=10)
BIG_COMPANY = Figure("one company with 1,000,000 events a day and 100,000 users, CPU an event", "× normal", must=1.5)
BIG_COMPANY_ALONE = Figure("the same, event by event (1,000 a second)", "× normal", must=1.5)
FLAT_EVENTS = Figure("cost of an event, log of 1 million and longer: greatest ÷ least", "×", must=1.5)
FLAT_COMPANIES = Figure("cost of an event, 10³ to 10⁵ companies: greatest ÷ least", "×", must=1.5)

RUNS = 3


def line_protocol(scale):
    yield from full_speed(scale, "line", LINE_CPU, LINE_WALL)


def json_lines(scale):
    yield from full_speed(scale, "json", JSON_CPU, JSON_WALL)


def full_speed(scale, form, cpu, wall):
    events = scale.pick(2_000_000, 100_000)
    reports = []
    for _ in range(RUNS):
        with Daemon(clock="wall") as daemon:
            reports.append(bench(daemon, events, form=form))
    costs = [report["daemon_cpu_us_per_event"] for report in reports]
    rates = [report["events_per_s"] for report in reports]
    yield cpu.row(median(costs), f"median of {RUNS} runs of {events:,} events, each from an empty directory: "
                  f"{spread(costs)}; {COMPANIES:,} companies, {USERS:,} users, "
                  f"{reports[0]['sent_bytes_per_event']} bytes a line")
    sender = median([report["bench_cpu_us_per_event"] for report in reports])
    yield wall.row(median(rates), f"the same runs: {spread(rates)}; the sender itself took {sender:.2f} µs an event")


def disk(scale):
    for figure, id_share in [(DISK_IDS, 1), (DISK_NO_IDS, 0)]:
        with Daemon(clock="wall") as daemon:
            events = scale.pick(2_000_000, 100_000)
            grown = bench(daemon, events, id_share=id_share)["log_bytes_per_event"]
            checkpoint = daemon.ask("/v1/status")["checkpoint"]
            beside = f"{checkpoint['bytes'] / events:.1f} in checkpoints" if checkpoint else "no checkpoint yet"
            yield figure.row(grown, f"growth of the log with names, {events:,} events; beside it {beside}")


def big_company(scale):
    """The same number of events in one company and in as many as usual."""
    events = scale.pick(1_000_000, 50_000)
    costs = {}
    alone = {}
    for companies, users in [(1, 100_000), (COMPANIES, USERS)]:
        with Daemon(clock="wall") as daemon:
            # The names of its users are new only once.
            fill(daemon, events, companies=companies, users=users)
            costs[companies] = median(cost(daemon, events, companies=companies, users=users) for _ in range(RUNS))
            alone[companies] = cost(daemon, scale.pick(10_000, 2_000), companies=companies, users=users, rate=1_000)
    for figure, measured in [(BIG_COMPANY, costs), (BIG_COMPANY_ALONE, alone)]:
        yield figure.row(measured[1] / measured[COMPANIES], f"{number(measured[1])} µs of the daemon in one company, "
                         f"{number(measured[COMPANIES])} µs in {COMPANIES:,}")


def flat(scale):
    """The next events' cost, when the log is long already, and when there are many companies."""
    events = scale.pick(1_000_000, 50_000)
    sizes = scale.pick([1_000_000, 10_000_000], [50_000, 200_000]) + ([100_000_000] if scale.large else [])
    by_size = {}
    with Daemon(clock="wall") as daemon:
        logged = 0
        for size in sizes:
            fill(daemon, size - logged)
            by_size[size] = median(cost(daemon, events) for _ in range(RUNS))
            logged = size + RUNS * events
    yield FLAT_EVENTS.row(ratio(by_size), each(by_size, "events") + (
        "; with checkpoints" if scale.large else "; 100 million only with --large"))
    by_companies = {}
    for companies in [1_000, 10_000, 100_000]:
        with Daemon(clock="wall") as daemon:
            fill(daemon, events, companies=companies)
            by_companies[companies] = median(cost(daemon, events, companies=companies) for _ in range(RUNS))
    yield FLAT_COMPANIES.row(ratio(by_companies), each(by_companies, "companies") + f"; {USERS:,} users in all")


def cost(daemon, events, **load):
    """Microseconds of the daemon's processor time an event."""
    return bench(daemon, events, **load)["daemon_cpu_us_per_event"]


def ratio(costs):
    return max(costs.values()) / min(costs.values())


def each(costs, unit):
    return ", ".join(f"{count:,} {unit}: {number(cost)} µs" for count, cost in costs.items())
