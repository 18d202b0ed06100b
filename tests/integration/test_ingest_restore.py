"""The drill of docs/howto/back-up-and-restore.md: what a backup brings back, and what it cannot."""

import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ingest.keeping.settings import KeepingSettings
from ingest.migrate import migrate
from ingest.operations.status import read_status
from patrol.errors import StateError
from runtime.registers.load import load
from simulator.services import EmbeddedPostgres, postgres_program
from tests.district import NOW, SHANGHAI, WALK, count, letters, rows, store, write_registers
from tests.processes import eventually

# Ten messages of ten: 1 to 100.
MESSAGES = letters(WALK[:100], at_once=10)

_FAST = {"fsync": "off", "autovacuum": "off"}


def run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, or fail with what it says."""
    done = subprocess.run(
        [postgres_program(program), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def give_to_server(folder: Path) -> None:
    """Let the server own a folder: root's runs as nobody."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)


class Site:
    """A server that archives its log, and the folders of what is saved of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.archive = folder / "archive"
        self.archive.mkdir()
        give_to_server(self.archive)
        self.server = self.make(
            "first",
            {
                "archive_mode": "on",
                "archive_command": f"test ! -f {self.archive}/%f && cp %p {self.archive}/%f",
            },
        )

    def make(self, name: str, settings: Mapping[str, str]) -> EmbeddedPostgres:
        """Return another server."""
        return EmbeddedPostgres(self.folder / name, settings={**_FAST, **settings})

    def save(self, name: str, *options: str) -> None:
        """Take a base backup to where the server of this name keeps its data."""
        given = conninfo_to_dict(self.server.dsn)
        data = self.folder / name / "data"
        run(
            *("pg_basebackup", f"--host={given['host']}", f"--port={given['port']}"),
            *("--username=postgres", "--checkpoint=fast", f"--pgdata={data}", *options),
        )
        give_to_server(data)

    def lose(self) -> None:
        """Let the machine burn; what its log had so far is in the archive."""
        last = rows(self.server.dsn, "select pg_walfile_name(pg_switch_wal())")[0][0]
        eventually((self.archive / last).exists)
        self.server.kill()

    def restore(self, **target: str) -> str:
        """Start a server on the base backup and the archive; return its DSN when it is open."""
        (self.folder / "second" / "data" / "recovery.signal").touch()
        restored = self.make("second", {"restore_command": f"cp {self.archive}/%f %p", **target})
        restored.start()
        self.server = restored
        is_open = "select not pg_is_in_recovery()"
        eventually(lambda: rows(restored.dsn, is_open) == [(True,)])
        return restored.dsn


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    """Return a server with a small district, the first 50 fixes and a base backup with them."""
    with tempfile.TemporaryDirectory(prefix="patrol-test-") as name:
        Path(name).chmod(0o755)
        made = Site(Path(name))
        try:
            made.server.start()
        except StateError as error:
            if os.environ.get("PATROL_REQUIRE_SERVICES") == "1":
                raise
            pytest.skip(str(error))
        try:
            migrate(made.server.dsn)
            load(made.server.dsn, write_registers(tmp_path), zone=SHANGHAI)
            store(made.server.dsn, MESSAGES[:5])
            yield made
        finally:
            made.server.stop()


def test_base_backup_and_archive_bring_back_all_that_was_committed(site):
    site.save("second")
    store(site.server.dsn, MESSAGES[5:])
    site.lose()

    dsn = site.restore()

    assert count(dsn, "position") == 100
    assert migrate(dsn) == []


def test_a_restore_to_a_moment_forgets_what_came_after_it_and_the_numbers_tell(site):
    """Terminals were told to forget 61 to 90; only the gap in their numbers is left of them."""
    site.save("second")
    store(site.server.dsn, MESSAGES[5:6])
    ((moment,),) = rows(site.server.dsn, "select now()::text")
    store(site.server.dsn, MESSAGES[6:9])
    site.lose()

    dsn = site.restore(recovery_target_time=moment, recovery_target_action="promote")
    before = count(dsn, "position")
    store(dsn, MESSAGES[9:])

    with psycopg.connect(dsn, autocommit=True) as conn:
        losses = read_status(conn, KeepingSettings(), now=NOW).losses
    assert before == 60
    assert [(one.terminal_id, one.missing) for one in losses.worst] == [("T01", 30)]


def test_a_synchronous_standby_has_what_terminals_were_told_to_forget(site):
    site.save("second", "--write-recovery-conf")
    standby = site.make("second", {})
    standby.start()
    with psycopg.connect(site.server.dsn, autocommit=True) as conn:
        conn.execute("alter system set synchronous_standby_names = '*'")
        conn.execute("select pg_reload_conf()")
    is_synchronous = "select 1 from pg_stat_replication where sync_state = 'sync'"
    eventually(lambda: rows(site.server.dsn, is_synchronous))
    store(site.server.dsn, MESSAGES[5:])
    site.server.kill()
    site.server = standby

    with psycopg.connect(standby.dsn, autocommit=True) as conn:
        conn.execute("select pg_promote()")

    assert count(standby.dsn, "position") == 100


def test_a_dump_is_restored_into_another_database(site):
    dump = site.folder / "dump"
    other = site.server.dsn_of("other")
    run("pg_dump", "--format=custom", f"--file={dump}", f"--dbname={site.server.dsn}")
    with psycopg.connect(site.server.dsn, autocommit=True) as conn:
        conn.execute("create database other")

    run("pg_restore", "--exit-on-error", f"--dbname={other}", str(dump))

    assert count(other, "position") == 50
    assert migrate(other) == []
    store(other, MESSAGES[4:6])
    assert count(other, "position") == 60
