"""`patrol api account`: accounts made and changed on the server itself.

Whoever can run this can read the settings and the database: it reaches everywhere. The first
administrator is made so. Passwords are asked for, or read from a file; never taken as arguments,
which every user of the machine can see.
"""

import argparse
import asyncio
import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg

from api.identity.managing import acts
from api.identity.managing.accounts import Wanted
from api.identity.managing.acts import Act
from api.identity.passwords import check_password, hash_password
from api.identity.permissions import Permission, Role
from api.problems import ProblemError
from api.settings import SECTION, ApiSettings
from api.views import Asking, Views
from patrol.errors import InputError
from runtime import database
from runtime.cli import Rooms, add_command
from runtime.settings import load, read_file

COMMAND: Final = Asking("command", is_file_token=True)


def register_accounts(commands: Rooms) -> None:
    """Add `patrol api account` and its commands."""
    room = commands.add_parser("account", help="make and change accounts")
    parsers = room.add_subparsers(title="commands", metavar="COMMAND", required=True)

    create = _add(parsers, "create", _create, text="make an account, with a first role")
    create.add_argument("--no-password", action="store_true", help="it signs in elsewhere")
    create.add_argument("--name", default="", metavar="TEXT", help="what people call them")
    create.add_argument("--home", metavar="AREA", help="in whose administrators' care it is")
    create.add_argument("--worker", metavar="ID", help="who it is as a worker")
    create.add_argument("--subject", metavar="TEXT", help="'ISSUER SUBJECT', who it is elsewhere")
    _take_password(create)
    _take_role(create)
    _take_role(_add(parsers, "grant", _grant, text="grant a role"), is_required=True)
    revoke = _add(parsers, "revoke", _revoke, text="withdraw a role")
    revoke.add_argument("grant_id", type=int, metavar="NUMBER", help="as `show` tells it")
    _take_password(_add(parsers, "set-password", _set_password, text="give it another password"))
    _take_key(_add(parsers, "key", _key, text="make a key for a machine and print it, once"))
    for name, act, text in (
        ("show", acts.show, "tell of an account and its roles"),
        ("disable", acts.disable, "let nobody in with it; its sessions end"),
        ("enable", acts.enable, "let it in again"),
        ("end-sessions", acts.end_sessions, "end its sessions and withdraw its keys"),
        ("unlock", acts.unlock, "forget the attempts to sign in with it"),
    ):
        _add(parsers, name, _plain(act), text=text)
    add_command(
        parsers, "list", lambda options: _run(options, acts.list_all), text="list all accounts"
    )


def _add(
    parsers: Rooms, name: str, prepare: Callable[[argparse.Namespace], Act], *, text: str
) -> argparse.ArgumentParser:
    def command(options: argparse.Namespace) -> int:
        return _run(options, prepare(options))

    parser = add_command(parsers, name, command, text=text)
    # `--password SECRET` must not pass for the beginning of `--password-file`.
    parser.allow_abbrev = False
    parser.add_argument("account_id", metavar="ACCOUNT", help="its name when it signs in")
    return parser


def _take_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-file",
        type=Path,
        metavar="FILE",
        help="its first line is the password; else it is asked for, or read from standard input",
    )


def _take_role(parser: argparse.ArgumentParser, *, is_required: bool = False) -> None:
    parser.add_argument(
        "--role", required=is_required, choices=[one.value for one in Role], help="what it may do"
    )
    parser.add_argument("--area", metavar="ID", help="within this area and all that lies in it")
    parser.add_argument("--grid", metavar="ID", help="within this grid; with neither, everywhere")
    parser.add_argument("--department", metavar="ID", help="of the role department: for this one")


def _take_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", required=True, metavar="NAME", help="of the key")
    parser.add_argument(
        "--scope",
        action="append",
        required=True,
        choices=[one.value for one in Permission],
        help="what it may do; again for more",
    )
    parser.add_argument("--days", type=int, default=90, metavar="DAYS", help="it is good so long")


def _run(options: argparse.Namespace, act: Act) -> int:
    file = read_file(options.config)
    settings = load(ApiSettings, SECTION, file=file)
    dsn = load(database.DatabaseSettings, database.SECTION, file=file).dsn
    try:
        said = asyncio.run(_in_one_change(Views(dsn, settings), act))
    except ProblemError as error:
        raise InputError(error.detail) from None
    except psycopg.OperationalError as error:
        raise InputError("[database] dsn: the database does not answer") from error
    except psycopg.errors.UndefinedTable as error:
        raise InputError("the database lacks accounts: run `patrol ingest migrate`") from error
    sys.stdout.write(said)
    return 0


async def _in_one_change(views: Views, act: Act) -> str:
    await views.open()
    try:
        async with views.change(COMMAND) as change:
            return await act(change, COMMAND)
    finally:
        await views.close()


def _plain(act: Callable[[str], Act]) -> Callable[[argparse.Namespace], Act]:
    return lambda options: act(options.account_id)


def _create(options: argparse.Namespace) -> Act:
    values = acts.account_of(
        account_id=options.account_id,
        name=options.name,
        area_id=options.home,
        worker_id=options.worker,
        subject=options.subject,
    )
    if not options.no_password:
        # What has stood in a file is known to others; what somebody types is their own.
        values |= _password(options, is_given=options.password_file is not None)
    role = None if options.role is None else _role(options)
    return acts.create(values, role)


def _grant(options: argparse.Namespace) -> Act:
    return acts.grant(options.account_id, _role(options))


def _revoke(options: argparse.Namespace) -> Act:
    return acts.revoke(options.account_id, options.grant_id)


def _set_password(options: argparse.Namespace) -> Act:
    return acts.change(options.account_id, _password(options, is_given=True))


def _key(options: argparse.Namespace) -> Act:
    scopes = [Permission(one) for one in options.scope]
    return acts.key(options.account_id, name=options.name, scopes=scopes, days=options.days)


def _role(options: argparse.Namespace) -> Wanted:
    return acts.role_of(
        role=options.role,
        area_id=options.area,
        grid_id=options.grid,
        department_id=options.department,
    )


def _password(options: argparse.Namespace, *, is_given: bool) -> dict[str, object]:
    plain = _read_password(options.password_file)
    check_password(plain, options.account_id)
    return {"password_hash": hash_password(plain), "is_given": is_given}


def _read_password(path: Path | None) -> str:
    if path is not None:
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"password file {path} cannot be read: {error}") from error
        return lines[0] if lines else ""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    plain = getpass.getpass("Password: ")
    if getpass.getpass("The same again: ") != plain:
        raise InputError("the two passwords differ: begin anew")
    return plain
