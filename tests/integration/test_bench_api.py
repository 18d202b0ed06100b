"""`make bench-api`, made small: both ways answer, a stream is followed, and figures are told."""

import json

from benchmarks.api.__main__ import main

SMALL = "--only questions live --grids 20 --positions 1000 --times 1 --repeats 1 --listeners 2"


def test_the_benchmark_ends_with_one_line_of_figures(postgres, capsys):
    assert main(["--dsn", postgres.dsn, *SMALL.split(), "--live-s", "1"]) == 0

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    figures = {one["name"]: one for one in last["figures"]}
    assert last["bench"] == "api"
    assert isinstance(figures["track.p99_ms"]["reached"], bool)
    assert figures["month_of_district.p50_ratio"]["value"] > 0
    assert figures["live.cut"]["value"] == 0
