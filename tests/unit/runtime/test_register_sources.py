"""Files of registers as text: what spreadsheets do to them, and what cannot be read."""

import pytest

from patrol.errors import InputError
from runtime.registers.sources import read_source

CONTENT = "worker_id,name\nW1,李雷\n"


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv cannot be read: No such file"):
        read_source(tmp_path / "none.csv")


def test_a_spreadsheet_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text(CONTENT, encoding="gb18030")

    with pytest.raises(InputError, match="is not UTF-8"):
        read_source(path)


def test_a_byte_order_mark_does_no_harm(tmp_path):
    path = tmp_path / "some.csv"
    path.write_text(CONTENT, encoding="utf-8-sig")

    assert read_source(path).text == CONTENT
