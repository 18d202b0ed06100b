"""A work order is about things and places: what asks who somebody is, is refused."""

import re
from typing import Any, get_args, get_type_hints

import pytest

from patrol.errors import InputError
from patrol.workorders.reading.refused import check_is_of_places
from patrol.workorders.terms import Category
from patrol.workorders.values import Act, Event, Opening, OrderState
from patrol.workorders.workflow import DEFAULT_TEXT, read_workflow
from tests.house.tree import ROOT

ASKING = [
    "Residents' complaints",
    "key_person",
    "petitioner",
    "Name of the person",
    "religious gathering",
    "Phone number",
    "ethnic shop",
    "political posters",
    "Opinions in the stairwell",
    "mental illness",
    "重点人员走访",
    "居民信息采集",
    "信访苗头",
    "登记姓名",
    "宗教场所人员",
    "联系电话",
    "精神障碍患者",
    "\uff52\uff45\uff53\uff49\uff44\uff45\uff4e\uff54",
]
# Texts that are ids, codes and digests.
CODES = {
    *("order_id", "category", "report_id", "photos", "code", "reason", "act", "party", "step"),
    *("from_step", "tells", "department_id", "other_id", "merged_into", "split_from", "grid_id"),
}
FINE = [
    "Residential building without lights",
    "Trace of oil on the road",
    "Terrace, bracelet of lamps",
    "Filament broken",
    "Parking for wheelchairs",
    "居民楼楼道堵塞",
    "垃圾清运",
    "电线裸露",
]


@pytest.mark.parametrize("text", ASKING)
def test_what_asks_who_somebody_is_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="about things and places"):
        check_is_of_places(text, where="here")


@pytest.mark.parametrize("text", FINE)
def test_things_and_places_may_be_named(text: str) -> None:
    check_is_of_places(text, where="here")


@pytest.mark.parametrize("text", ASKING)
def test_no_guide_asks_for_it(text: str) -> None:
    guide = re.search(r"look_at = \{ en = \"(.*?)\"", DEFAULT_TEXT)
    assert guide is not None
    with pytest.raises(InputError, match=r"^categories\[1\]\.guide\.look_at\.en says"):
        read_workflow(DEFAULT_TEXT.replace(guide[1], text, 1))


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [
        ("categories[1].name.zh", 'zh = "井盖"', 'zh = "流动人口"'),
        ("categories[1].code", 'code = "manhole"', 'code = "resident"'),
        ("reasons[1].name.en", "beyond the means here", "complained before"),
        ("steps[1].name.en", "In the grid", "Grievances"),
        ("acts[1].name.en", "Settle here", "Calm the petitioner"),
        ("levels[1].name.en", 'en = "Grid"', 'en = "Tenants"'),
        ("name.en", "Five levels", "Stability maintenance"),
    ],
)
def test_no_name_asks_for_it(key: str, old: str, new: str) -> None:
    assert old in DEFAULT_TEXT
    with pytest.raises(InputError, match=rf"^{re.escape(key)} says"):
        read_workflow(DEFAULT_TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("described", "words"),
    [
        (Opening, {"text"}),
        (Act, {"text"}),
        (Event, {"text"}),
        (OrderState, set()),
        # These are held against the words that are refused.
        (Category, {"names"}),
    ],
)
def test_the_only_free_text_is_about_the_place(described: type, words: set[str]) -> None:
    """What else is a text is an id, a code or a digest; a new one has to be thought of here."""
    texts = {
        name for name, kind in get_type_hints(described).items() if str in {kind, *parts(kind)}
    }

    assert texts - CODES == words


def parts(kind: Any) -> set[Any]:
    """Return the types of which one is made."""
    inner = {one for part in get_args(kind) for one in (part, *parts(part))}
    return inner | {getattr(kind, "__supertype__", kind)}


def test_nothing_that_ships_asks_for_it() -> None:
    for path in (ROOT / "deploy" / "workflows").glob("*.toml"):
        for line in path.read_text(encoding="utf-8").splitlines():
            check_is_of_places("" if line.startswith("#") else line, where=path.name)
