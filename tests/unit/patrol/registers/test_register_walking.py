"""Long GeoJSON documents, feature by feature: as the whole decoder reads them, or refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol.registers.walking import walk_features

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    features=st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=5),
    before=st.dictionaries(st.text(), JSON, max_size=3),
    indent=st.sampled_from([None, 2]),
)
def test_features_are_those_that_the_whole_decoder_reads(features, before, indent):
    document = {**before, "features": features}

    assert list(walk_features(json.dumps(document, indent=indent))) == features


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"features": {}}',
        '{"features": [1]}',
        '{"features": [{}',
        '{"features": [{},]}',
        '{"features": []} more',
        '{"features" []}',
    ],
)
def test_what_is_no_collection_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        list(walk_features(text))


def test_what_stands_beside_the_features_is_passed_over():
    text = '{"name": {"a": [1]}, "features": [{"id": 1}, {"id": 2}], "crs": null}'

    assert list(walk_features(text)) == [{"id": 1}, {"id": 2}]


def test_a_collection_may_be_empty():
    assert list(walk_features('{"features": [ ]}')) == []
