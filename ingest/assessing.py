"""`patrol ingest assess`."""

import argparse
import json
import threading

import psycopg

from ingest.database import needed, read_dsn
from ingest.judging.assess import Assessor, Judge
from ingest.keeping.hourly import keep_hourly
from ingest.keeping.keep import Keeper
from ingest.keeping.settings import SECTION as KEEPING
from ingest.keeping.settings import KeepingSettings
from ingest.migrate import check_migrated
from ingest.settings import SECTION, IngestSettings
from patrol.compliance import Rules
from patrol.duty import read_zone
from patrol.errors import StateError
from runtime import settings
from runtime.health import served
from runtime.lifecycle import SOON_S, stop_on_signals


def assess(options: argparse.Namespace) -> int:
    """Judge what is marked, and return the exit code."""
    file = settings.read_file(options.config)
    own = settings.load(IngestSettings, SECTION, file=file)
    dsn = read_dsn(file)
    check_migrated(dsn)
    # A day in hand is judged in a second, but not before the loops are compiled.
    stop = stop_on_signals(within_s=None if options.once else SOON_S)
    if options.once:
        return _assess_once(dsn, Rules(), stop)
    kept = settings.load(KeepingSettings, KEEPING, file=file)
    keeper = Keeper(settings=kept, zone=read_zone(own.timezone), stop=stop)
    assessor = Assessor(
        dsn=dsn,
        rules=Rules(),
        every_s=own.assess_every_s,
        stop=stop,
        rejudge_every_s=own.rejudge_every_s,
    )
    metrics = assessor.metrics
    with (
        served(own.assess_health_port, metrics.vitals, metrics.expose),
        keep_hourly(keeper, dsn),
    ):
        assessor.run()
    return 0


def _assess_once(dsn: str, rules: Rules, stop: threading.Event) -> int:
    with needed(), psycopg.connect(dsn, autocommit=True) as conn:
        judge = Judge(conn=conn, rules=rules, stop=stop)
        judged = judge.judge_all()
    print(json.dumps({"assessed": judged}))
    if judge.aside:
        raise StateError(f"{len(judge.aside)} worker-days cannot be judged: the log says why")
    if judge.settler.aside:
        raise StateError(f"{len(judge.settler.aside)} days cannot be settled: the log says why")
    return 0
