"""What Prometheus and an orchestrator are told by long-running processes."""

import http.client
import json
import socket
from collections.abc import Callable

import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ingest.operations.judging import JudgingMetrics
from ingest.operations.metrics import IngestMetrics
from patrol.topics import UP
from runtime.health import Vitals
from runtime.mqtt import Manner, Message, Session
from runtime.registers.load import load
from tests.district import SHANGHAI, WALK, letters, store, write_registers
from tests.processes import eventually, patrol

Ask = Callable[[str], tuple[int, str]]


@pytest.fixture
def district(database, tmp_path):
    """Return the DSN of a database with the registers of a small district."""
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    return database


@pytest.fixture
def port() -> int:
    """Return a port that nobody has just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def ask(port) -> Ask:
    """Return a function that returns status and body of a path on `port`, 0 if nobody answers."""

    def call(path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except ConnectionRefusedError:
            return 0, ""
        finally:
            connection.close()

    return call


def values_of(text: str) -> dict[str, float]:
    """Return the samples of an exposition by name, with the one label that some have."""
    return {
        ".".join([sample.name.removeprefix("gridpatrol_"), *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_batch_is_counted_by_what_became_of_it(district):
    metrics = IngestMetrics(Vitals(), waiting=lambda: 7)
    late = [one._replace(epoch_ms=one.epoch_ms + 7_200_000) for one in WALK[:4]]
    messages = [
        *letters(WALK[:10]),
        *letters(late),
        *letters(WALK[:3], terminal="T09"),
        Message("gp/1/T01/position", b"junk", 1, 1),
    ]
    for _ in range(2):
        metrics.batch_committed(store(district, messages), messages=4, took_s=0.03)

    said = values_of(metrics.expose().body.decode())

    assert {name: said[f"ingest_positions_total.{name}"] for name in ("stored", "known")} == {
        "stored": 10,
        "known": 10,
    }
    assert said["ingest_positions_total.off_duty"] == 8
    assert said["ingest_refused_total.unknown_terminal"] == 2
    assert said["ingest_refused_total.not_understood"] == 2
    assert said["ingest_refused_total.database_refused"] == 0
    assert said["ingest_messages_total"] == 8
    assert said["ingest_batch_messages_bucket.5.0"] == 2
    assert said["ingest_commit_seconds_bucket.0.02"] == 0
    assert said["ingest_waiting_messages"] == 7
    assert said["ingest_lag_seconds"] > 0


def test_no_metric_names_a_terminal_or_a_place(district):
    metrics = IngestMetrics(Vitals(), waiting=lambda: 0)
    metrics.batch_committed(store(district, letters(WALK)), messages=1, took_s=0.1)
    text = metrics.expose().body.decode()

    assert "T01" not in text
    assert str(WALK[0].lat_e7)[:5] not in text


def test_days_that_wait_and_days_judged_are_counted(district):
    metrics = JudgingMetrics()
    store(district, letters(WALK))
    with psycopg.connect(district, autocommit=True) as conn:
        conn.execute("update dirty_day set marked_at = now() - interval '100 seconds'")
        metrics.days_judged(3, took_s=0.5)
        metrics.pass_done(conn, aside=1)

    said = values_of(metrics.expose().body.decode())

    assert said["assess_dirty_days"] == 1
    assert 99 < said["assess_oldest_dirty_day_seconds"] < 200
    assert (said["assess_days_judged_total"], said["assess_judging_seconds_total"]) == (3, 0.5)
    assert said["assess_days_aside"] == 1


def test_an_ingest_is_ready_while_database_and_broker_are_there(
    own_postgres, broker, tmp_path, port, ask
):
    load(own_postgres.dsn, write_registers(tmp_path), zone=SHANGHAI)
    given = {
        "PATROL_DATABASE_DSN": own_postgres.dsn,
        "PATROL_BROKER_PORT": str(broker.port),
        "PATROL_INGEST_HEALTH_PORT": str(port),
    }
    with patrol("ingest", "run", environment=given, log=tmp_path / "log"):
        eventually(lambda: ask("/ready") == (200, "ok\n"))
        own_postgres.kill()
        publish(broker, letters(WALK[:1])[0])
        eventually(lambda: ask("/ready") == (503, "no database\n"))
        broker.kill()
        eventually(lambda: ask("/ready") == (503, "no broker, no database\n"))
        assert ask("/live") == (200, "ok\n")
        own_postgres.start()
        broker.start()

        eventually(lambda: ask("/ready") == (200, "ok\n"), within_s=60)


def test_an_ingest_tells_its_figures(district, broker, tmp_path, port, ask):
    given = {
        "PATROL_DATABASE_DSN": district,
        "PATROL_BROKER_PORT": str(broker.port),
        "PATROL_INGEST_HEALTH_PORT": str(port),
    }
    with patrol("ingest", "run", environment=given, log=tmp_path / "log"):
        eventually(lambda: (tmp_path / "log").read_text().count("mqtt.subscribed") >= len(UP))
        publish(broker, letters(WALK)[0])

        said = eventually(
            lambda: (found := values_of(ask("/metrics")[1])).get("ingest_messages_total") and found
        )

    assert said["ingest_positions_total.stored"] == len(WALK)
    assert said["ingest_database_up"] == said["ingest_broker_up"] == 1
    assert said["ingest_last_commit_timestamp_seconds"] > 1_700_000_000
    assert said["process_resident_memory_bytes"] > 1_000_000


def test_a_judge_is_ready_and_tells_its_figures(district, tmp_path, port, ask):
    store(district, letters(WALK))
    given = {"PATROL_DATABASE_DSN": district, "PATROL_INGEST_ASSESS_HEALTH_PORT": str(port)}
    with patrol("ingest", "assess", environment=given, log=tmp_path / "log"):
        eventually(lambda: ask("/ready") == (200, "ok\n"), within_s=40)

        said = eventually(
            lambda: (
                (found := values_of(ask("/metrics")[1])).get("assess_days_judged_total") and found
            ),
            within_s=40,
        )

    assert said["assess_database_up"] == 1
    assert said["assess_judging_seconds_total"] > 0


def test_good_and_bad_input_leave_no_position_in_the_log(district, broker, tmp_path):
    """The whole log of an ingest that was sent everything that there is."""
    log = tmp_path / "log"
    with psycopg.connect(district) as conn:
        conn.execute(
            f"alter table position add check (epoch <> to_timestamp({WALK[15].epoch_ms / 1000}))"
        )
        conn.execute("alter table checkin add check (received_at < '2000-01-01')")
    given = {"PATROL_DATABASE_DSN": district, "PATROL_BROKER_PORT": str(broker.port)}
    floats = {"v": 1, "seq": 1, "source": "x", "t": [1_772_000_000_000]}
    floats |= {"lat": [30.6612345], "lon": [104.0654321]}
    checkin = {"v": 1, "checkin_id": "019aa9f2-6c1e-7d3a-9b52-0a1b2c3d4e5f", "kind": "declared"}
    checkin |= {"at": WALK[5].epoch_ms, "phase": "begin"}
    checkin |= {"fix": {"age": 1, "lat": WALK[0].lat_e7, "lon": WALK[0].lon_e7}}
    sent = [
        *letters(WALK[:100], at_once=10),
        *letters(WALK[:10], terminal="T09"),
        Message("gp/1/T01/position", json.dumps(floats).encode(), 1, 1),
        Message("gp/1/T01/position", b"junk 30.6612345", 1, 1),
        Message("gp/1/T01/checkin", json.dumps(checkin).encode(), 1, 1),
    ]
    with patrol("--log-level", "debug", "ingest", "run", environment=given, log=log):
        eventually(lambda: log.read_text().count("mqtt.subscribed") >= len(UP))
        publish(broker, *sent)
        eventually(lambda: quarantined(district) == 5)

    said = log.read_text()
    figures = {str(one)[:5] for fix in WALK[:100] for one in (fix.lat_e7, fix.lon_e7)}
    assert "ingest.batch_committed" in said
    assert [one for one in {*figures, "30.66", "104.06", "30.65"} if one in said] == []


def quarantined(dsn: str) -> int:
    with psycopg.connect(dsn) as conn:
        return conn.execute("select count(*) from quarantine").fetchone()[0]


def publish(broker, *messages: Message) -> None:
    """Publish messages and return when the broker has them."""
    session = Session(broker.settings, Manner(client_id="publisher"))
    session.start()
    eventually(lambda: session.is_connected)
    for one in messages:
        session.publish(one.topic, one.payload)
    assert session.flush(timeout_s=10)
    session.stop()
