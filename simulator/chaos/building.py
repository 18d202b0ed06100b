"""The services of a chaos run: a broker, a database, and the disk that it is on."""

import shutil
from contextlib import ExitStack
from pathlib import Path

from patrol.errors import InputError
from simulator.chaos.database import own_database
from simulator.chaos.disk import small_disk
from simulator.chaos.plan import Plan
from simulator.chaos.stage import Settings, Stage
from simulator.services import EmbeddedPostgres, Installation, Mosquitto

_KEEPALIVE_S = 3
# Recovery after a kill reads no more than this.
_SERVER = {"max_wal_size": "256MB"}
# Its workers would hold on to a database that is to be dropped.
_TIMESCALE = {
    "shared_preload_libraries": "timescaledb",
    "timescaledb.max_background_workers": "0",
    "timescaledb.telemetry_level": "off",
}


def build(plan: Plan, ends: ExitStack) -> Stage:
    """Start the services and return a stage on them; `ends` ends what was started."""
    folder = _clear(plan.folder)
    broker = Mosquitto(folder / "broker")
    broker.start()
    ends.callback(broker.stop)
    postgres = disk = None
    if plan.dsn is None:
        disk = ends.enter_context(small_disk(folder / "postgres", fixes=plan.fixes))
        postgres = _start_postgres(folder / "postgres", plan.installation)
        ends.callback(postgres.stop)
    dsn = postgres.dsn if postgres else plan.dsn or ""
    stage = Stage(
        folder=folder,
        settings=Settings(replicas=plan.replicas, keepalive_s=_KEEPALIVE_S),
        broker=broker,
        database=ends.enter_context(own_database(dsn)),
        postgres=postgres,
        disk=disk,
    )
    ends.callback(stage.close)
    ends.callback(stage.ingests.stop_all)
    return stage


def _clear(folder: Path) -> Path:
    """Make the folder, and forget what a broker kept of another run."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder / "broker", ignore_errors=True)
        for log in folder.glob("ingest-*.log"):
            log.unlink()
    except OSError as error:
        raise InputError(
            f"folder {folder} cannot be written ({error.strerror}): choose another with --folder"
        ) from error
    return folder.resolve()


def _start_postgres(folder: Path, installation: Installation | None) -> EmbeddedPostgres:
    settings = dict(_SERVER)
    if installation is not None and any(installation.programs.parent.glob("lib/**/timescaledb.so")):
        settings |= _TIMESCALE
    postgres = EmbeddedPostgres(folder, settings=settings, installation=installation)
    postgres.start()
    return postgres
