"""`patrol api` on the command line: what it refuses, and how tokens are made."""

import argparse
import socket
from pathlib import Path

import pytest

from api.auth import TokenFile
from api.cli import register
from patrol.errors import InputError
from tests.asking import NO_DATABASE, TOKEN, write_tokens


def patrol_api(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    options = parser.parse_args(["api", *arguments])
    return options.command(options)


def write_config(folder: Path, **settings: object) -> str:
    path = folder / "patrol.toml"
    lines = [f"{name} = {value!r}" for name, value in settings.items()]
    path.write_text("\n".join([f'database.dsn = "{NO_DATABASE}"', "[api]", *lines]))
    return str(path)


def test_it_does_not_start_without_tokens(tmp_path: Path) -> None:
    config = write_config(tmp_path, tokens_file=str(tmp_path / "tokens"))

    with pytest.raises(InputError, match="patrol api token NAME --file"):
        patrol_api("run", "--config", config)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_a_port_in_use_is_said(tmp_path: Path, host: str) -> None:
    tokens = write_tokens(tmp_path / "tokens", TOKEN)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as other:
        port = other.getsockname()[1]
        config = write_config(tmp_path, tokens_file=str(tokens), host=host, port=port)

        with pytest.raises(InputError, match=f"port {port} cannot be listened on"):
            patrol_api("run", "--config", config)


def test_a_host_that_is_not_here_is_said(tmp_path: Path) -> None:
    tokens = write_tokens(tmp_path / "tokens", TOKEN)
    config = write_config(tmp_path, tokens_file=str(tokens), host="192.0.2.1", port=0)

    with pytest.raises(InputError, match=r"host 192\.0\.2\.1 port 0 cannot be listened on"):
        patrol_api("run", "--config", config)


def test_a_token_is_printed_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "tokens"

    assert patrol_api("token", "map", "--file", str(path)) == 0
    said = capsys.readouterr()
    assert TokenFile(path).name_of(said.out.rstrip("\n")) == "map"
    assert str(path) in said.err


def test_the_tokens_file_of_the_settings_is_the_one_meant(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    patrol_api("token", "map", "--config", write_config(tmp_path, tokens_file=str(path)))

    assert [one.name for one in TokenFile(path).read()] == ["map"]
