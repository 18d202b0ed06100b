"""The built screen, served: what a browser may keep, what it may load, and what is said without it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from api.screen.serving import install
from tests.asking import Asker


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "web"


@pytest.fixture
def browser(folder: Path) -> Iterator[Asker]:
    app = FastAPI(redirect_slashes=False)
    install(app, folder)
    with asyncio.Runner() as runner:
        yield Asker(app, runner)


@pytest.fixture
def built(folder: Path) -> None:
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><p>page")
    (folder / "assets" / "index-B69v.js").write_text("export {};")


def test_without_a_screen_the_start_leads_to_the_documentation(browser: Asker) -> None:
    assert browser.get("/").headers["location"] == "docs"


def test_without_a_screen_it_is_said_how_to_build_it(browser: Asker) -> None:
    answer = browser.get("/screen/")

    assert answer.status_code == 404
    assert "make web" in answer.text


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/", "/screen"])
def test_the_start_leads_to_the_screen(browser: Asker, path: str) -> None:
    assert browser.get(path).headers["location"] == "screen/"


@pytest.mark.usefixtures("built")
def test_the_page_is_asked_for_anew_and_sent_when_it_changed(browser: Asker) -> None:
    page = browser.get("/screen/")
    again = browser.ask("GET", "/screen/", {"If-None-Match": page.headers["etag"]})

    assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.usefixtures("built")
def test_files_named_by_their_content_are_kept_for_ever(browser: Asker) -> None:
    there = browser.get("/screen/assets/index-B69v.js")

    assert there.headers["content-type"].startswith("text/javascript")
    assert "immutable" in there.headers["cache-control"]


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["assets/gone.js", "../../auth.py", "%2e%2e/%2e%2e/auth.py"])
def test_what_is_no_file_of_the_screen_is_not_there(browser: Asker, path: str) -> None:
    answer = browser.get(f"/screen/{path}")

    assert answer.status_code == 404


@pytest.mark.usefixtures("built")
def test_nothing_inline_and_nothing_from_elsewhere_is_loaded(browser: Asker) -> None:
    policy = browser.get("/screen/").headers["content-security-policy"]

    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "://" not in policy
