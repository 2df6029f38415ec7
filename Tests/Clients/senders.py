"""Real clients, each with nothing set but its host and its key, and what they send.

A sender knows what it asked its client to send; whether that arrived is looked up in the portraits afterwards.
"""

import datetime
import importlib.metadata
import logging
import time
import uuid
import warnings

import requests

from unix_adapter import UnixAdapter

USERS = 7
COMPANIES = 3
# A client that has not got rid of its events by then has lost them.
PATIENCE_SECONDS = 60

# What they say about a daemon that is being killed is what is being tested.
logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


class Sender:
    """One client at work. Companies are its own, so that many can send to one daemon."""

    package = ""
    over_unix = True
    # Events that the client is given and that the daemon must refuse, once.
    refused = 0

    def __init__(self, name, key):
        self.name = name
        self.key = key
        self.sent = 0

    @property
    def version(self):
        return importlib.metadata.version(self.package)

    def open(self, url, socket_path):
        """Makes the client. `socket_path` is the Unix socket to use, None for TCP."""

    def send(self, company, user, number):
        """Gives one event to the client."""

    def send_bad(self):
        """Gives it what the daemon must refuse."""

    def close(self):
        """Returns when the client has nothing left to send."""

    def company(self, number):
        return f"{self.name}-{number % COMPANIES}".replace(" ", "-").replace(".", "-")

    def run(self, count, pause):
        """Sends `count` events, with a pause now and then, so that a kill comes between them."""
        self.send_bad()
        for number in range(count):
            self.send(self.company(number), f"u{number % USERS}", number)
            self.sent += 1
            if number % 20 == 19:
                time.sleep(pause)
        self.close()


def mount(session, url, socket_path):
    if socket_path:
        session.mount(url, UnixAdapter(socket_path))


class Segment(Sender):
    package = "segment-analytics-python"
    refused = 1

    def open(self, url, socket_path):
        import segment.analytics.client
        import segment.analytics.request

        mount(segment.analytics.request._session, url, socket_path)
        self.client = segment.analytics.client.Client(self.key, host=url, upload_size=50, upload_interval=0.1)

    def send(self, company, user, number):
        self.client.track(user, "report.exported", {"amount": 1.25, "currency": "USD"}, context={"groupId": company})

    def send_bad(self):
        self.client.track("nobody", "of.no.company")

    def close(self):
        self.client.shutdown()


class Rudder(Segment):
    package = "rudder-sdk-python"

    def open(self, url, socket_path):
        import rudderstack.analytics.client
        import rudderstack.analytics.request

        mount(rudderstack.analytics.request._session, url, socket_path)
        self.client = rudderstack.analytics.client.Client(self.key, host=url, upload_size=50, upload_interval=0.1)


class PostHog(Sender):
    package = "posthog"
    refused = 1
    mode = "v0"

    def open(self, url, socket_path):
        import posthog
        import posthog.request

        mount(posthog.request._session, url, socket_path)
        self.client = posthog.Posthog(
            self.key, host=url, capture_mode=self.mode, gzip=self.mode == "v1", flush_at=50, flush_interval=0.1,
            max_retries=8)

    def send(self, company, user, number):
        self.client.capture(
            "report.exported", distinct_id=user, properties={"amount": 1.25, "currency": "USD"},
            groups={"company": company})

    def send_bad(self):
        self.client.capture("of.no.company", distinct_id="nobody")
        # These are no use of the product, and no mistake either.
        self.client.set(distinct_id="nobody", properties={"plan": "x"})
        self.client.group_identify("company", self.company(0), {"seats": 5})

    def close(self):
        self.client.shutdown()


class PostHogV1(PostHog):
    mode = "v1"


class Influx2(Sender):
    package = "influxdb-client"
    # Its own HTTP stack knows no Unix sockets.
    over_unix = False

    def open(self, url, socket_path):
        from influxdb_client import InfluxDBClient, WriteOptions

        self.client = InfluxDBClient(url=url, token=self.key, org="o", enable_gzip=True)
        self.writer = self.client.write_api(
            WriteOptions(batch_size=50, flush_interval=100, retry_interval=500, max_retries=12, max_retry_delay=1_000))

    def point(self, company, user):
        from influxdb_client import Point

        return (
            Point("report.exported").tag("company", company).field("user", user).field("amount", 1.25)
            .field("unit", "USD").time(datetime.datetime.now(datetime.timezone.utc)))

    def send(self, company, user, number):
        self.writer.write("bucket", "o", self.point(company, user))

    def close(self):
        self.writer.close()
        self.client.close()


class Influx1(Sender):
    package = "influxdb"

    def open(self, url, socket_path):
        from influxdb import InfluxDBClient

        host, port = url.removeprefix("http://").split(":")
        session = requests.Session()
        mount(session, url, socket_path)
        # Without an end to its tries, as a sender that must not lose anything has it.
        self.client = InfluxDBClient(host, int(port), "user", self.key, "db", gzip=True, session=session, retries=0)
        self.client.create_database("db")
        self.points = []

    def send(self, company, user, number):
        self.points.append({
            "measurement": "report.exported", "tags": {"company": company}, "time": time.time_ns(),
            "fields": {"user": user, "amount": 1.25, "unit": "USD"}})
        if len(self.points) == 50:
            self.close()

    def close(self):
        if self.points:
            self.client.write_points(self.points, time_precision="n")
            self.points = []


def until_taken(request):
    """What a program does whose library does not try again by itself."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return request()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


class CloudEvents(Sender):
    package = "cloudevents"

    def open(self, url, socket_path):
        self.session = requests.Session()
        mount(self.session, url, socket_path)
        self.session.headers["Authorization"] = f"Bearer {self.key}"
        self.url = url + "/api/v1/events"

    def send(self, company, user, number):
        from cloudevents.conversion import to_binary, to_structured
        from cloudevents.http import CloudEvent

        event = CloudEvent(
            {"type": "report.exported", "source": "https://app.example/reports", "subject": f"{company}/{user}"},
            {"amount": "1.25", "currency": "USD"})
        headers, body = (to_binary if number % 2 else to_structured)(event)
        until_taken(lambda: self.session.post(self.url, headers=headers, data=body, timeout=10).raise_for_status())


class OpenMeter(Sender):
    package = "openmeter"
    over_unix = False

    def open(self, url, socket_path):
        from openmeter import Client

        self.client = Client(endpoint=url, token=self.key)

    def send(self, company, user, number):
        event = {
            "id": str(uuid.uuid4()), "source": "app", "specversion": "1.0", "type": "report.exported",
            "subject": company, "data": {"user": user, "value": 1.25, "currency": "USD"},
            "time": datetime.datetime.now(datetime.timezone.utc)}
        until_taken(lambda: self.client.events.ingest_event(event))


ALL = {
    "segment": Segment, "rudder": Rudder, "posthog": PostHog, "posthog v1": PostHogV1, "influxdb 2": Influx2,
    "influxdb 1": Influx1, "cloudevents": CloudEvents, "openmeter": OpenMeter,
}
