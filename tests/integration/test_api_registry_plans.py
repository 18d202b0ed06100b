"""A roster that is changed through the API reaches the terminal, as a plan of its duty."""

import threading
from pathlib import Path

import psycopg

from ingest.telling.settings import TellSettings
from ingest.telling.tell import Teller
from patrol.ids import TerminalId
from patrol.notices.plans import decode_plan, derive_key
from patrol.topics import Kind, Topics
from runtime.mqtt import Manner, Session
from runtime.registers.load import load
from tests.accounts import Held, add_account
from tests.asking import asking
from tests.district import SHANGHAI, write_registers
from tests.makers import at
from tests.processes import eventually

T01 = TerminalId("T01")
SECRET = b"0123456789abcdef" * 2
DAY = at(0).astimezone(SHANGHAI).date()


def heard(broker, topic: str) -> bytes:
    session = Session(broker.settings, Manner(client_id="hears", subscriptions=[topic]))
    session.start()
    message = session.receive(timeout_s=2.0)
    session.stop()
    assert message is not None
    return message.payload


def test_a_changed_roster_reaches_the_terminal(database, broker, tmp_path: Path) -> None:
    load(database, write_registers(tmp_path), zone=SHANGHAI)
    token = add_account(database, "root", Held("administrator"))
    session = Session(broker.settings, Manner(client_id="tell"))
    session.start()
    eventually(lambda: session.is_connected)
    teller = Teller(
        session=session,
        topics=Topics(),
        settings=TellSettings(secret_file=Path("secret"), standing_s=30),
        secret=SECRET,
        zone=SHANGHAI,
        kept_days=90,
        clock=lambda: at(600),
        stop=threading.Event(),
    )
    path = f"/v1/workers/W01/roster?from={DAY}&to={DAY}"
    end = at(7200).astimezone(SHANGHAI)
    start = at(0).astimezone(SHANGHAI)
    window = {"day": str(DAY), "grid_id": "G01", "start": f"{start:%H:%M}", "end": f"{end:%H:%M}"}

    with asking(database, None) as asker, psycopg.connect(database, autocommit=True) as conn:
        teller.tell(conn)
        revision = asker.get(path, token=token).json()["revision"]
        body = {"windows": [window], "revision": revision}
        answer = asker.send("PUT", path, body, token=token)
        teller.tell(conn)
    assert session.flush(timeout_s=5)
    plan = decode_plan(heard(broker, Topics().of(T01, Kind.DUTY)), T01, derive_key(SECRET, T01))
    session.stop()

    assert answer.status_code == 200, answer.text
    (told,) = plan.windows
    assert told.span.end_ms - told.span.start_ms == 7_200_000
