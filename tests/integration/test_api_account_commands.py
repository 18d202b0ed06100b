"""`patrol api account`: the first administrator, and what is done on the server itself."""

import io
from pathlib import Path

import pytest

from runtime.cli import run
from tests.accounts import PASSWORD, quick_hashing  # noqa: F401 - fixtures are used by name
from tests.asking import Asker, asking

pytestmark = pytest.mark.usefixtures("quick_hashing")

OTHER_PASSWORD = "nine lanterns over the canal"  # noqa: S105 - it opens nothing


@pytest.fixture
def account(
    database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> "Account":
    monkeypatch.setenv("PATROL_DATABASE_DSN", database)
    return Account(monkeypatch, capsys)


class Account:
    """Runs `patrol api account`, with something on its standard input."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str, given: str = "", code: int = 0) -> str:
        self._monkeypatch.setattr("sys.stdin", io.StringIO(given))
        assert run(["--log-level", "error", "api", "account", *arguments]) == code
        said = self._capsys.readouterr()
        return said.out if code == 0 else said.err


def session(ask: Asker, password: str) -> dict:
    given = {"account_id": "zhao", "password": password}
    return ask.send("POST", "/v1/session", given, token=None).json()


def test_the_first_administrator_is_made_and_can_manage(account: Account, database: str) -> None:
    said = account("create", "zhao", "--role", "administrator", given=f"{PASSWORD}\n")

    assert "administrator everywhere" in said
    with asking(database, None) as ask:
        signed_in = session(ask, PASSWORD)
        assert signed_in["must_change_password"] is False
        made = ask.send("POST", "/v1/accounts", {"account_id": "li"}, token=signed_in["token"])
        assert made.status_code == 201
    assert "li, home everywhere, no password" in account("list")


def test_a_password_is_no_argument_and_a_bad_one_makes_no_account(account: Account) -> None:
    with pytest.raises(SystemExit):
        account("create", "zhao", "--password", PASSWORD)

    said = account("create", "zhao", "--role", "administrator", given="short\n", code=65)

    assert "shorter than 12 characters" in said
    assert account("list") == ""


def test_a_password_from_a_file_is_changed_at_its_first_use(
    account: Account, database: str, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n", encoding="utf-8")

    account("create", "zhao", "--role", "administrator", "--password-file", str(file))

    with asking(database, None) as ask:
        assert session(ask, PASSWORD)["must_change_password"] is True


def test_roles_are_granted_and_revoked(account: Account) -> None:
    account("create", "zhao", "--no-password")

    granted = account("grant", "zhao", "--role", "auditor")
    revoked = account("revoke", "zhao", granted.split(":")[0])

    assert "auditor everywhere" in granted
    assert " to 20" in revoked
    assert "there is none with this id" in account(
        "grant", "zhao", "--role", "auditor", "--area", "D9", code=65
    )
    assert "grid_id goes with" in account(
        "grant", "zhao", "--role", "auditor", "--grid", "G1", code=65
    )


def test_disabled_enabled_ended_and_unlocked(account: Account, database: str) -> None:
    account("create", "zhao", "--role", "auditor", given=f"{PASSWORD}\n")
    key = account("key", "zhao", "--name", "map", "--scope", "read_decisions").strip()

    with asking(database, None) as ask:

        def codes() -> list[int]:
            tokens = (token, key)
            return [ask.send("GET", "/v1/me", token=one).status_code for one in tokens]

        token = session(ask, PASSWORD)["token"]
        assert codes() == [200, 200]
        assert "disabled" in account("disable", "zhao")
        assert codes() == [401, 401]
        account("enable", "zhao")
        token = session(ask, PASSWORD)["token"]
        assert codes() == [200, 200]
        account("end-sessions", "zhao")
        assert codes() == [401, 401]
        for _ in range(6):
            session(ask, "wrong by far")
        assert "token" not in session(ask, PASSWORD)
        account("unlock", "zhao")
        account("set-password", "zhao", given=f"{OTHER_PASSWORD}\n")
        assert session(ask, OTHER_PASSWORD)["must_change_password"] is True


def test_an_account_that_is_not_there_is_named(account: Account) -> None:
    assert "no account that you manage has the name 'nobody'" in account("show", "nobody", code=65)


def test_without_the_schema_it_says_what_to_do(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATROL_DATABASE_DSN", "host=/nonexistent dbname=none")
    monkeypatch.setenv("PATROL_API_WAIT_S", "0.2")

    assert "does not answer" in account("list", code=65)
