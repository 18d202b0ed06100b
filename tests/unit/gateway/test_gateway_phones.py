"""OwnTracks over MQTT: whom a message is from, what it answers, and what phones are told."""

import hashlib
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from nacl.secret import SecretBox

from gateway.codecs.owntracks.commands import NONCE_BYTES, seal
from gateway.registry import Registry
from gateway.serving.orders import Order
from gateway.serving.repeats import Repeats
from gateway.subscribing.messages import Heard, MessageLine
from gateway.subscribing.words import encode_phone_order
from patrol.errors import InputError
from patrol.notices.reports import decode_report

NOW = datetime(2026, 3, 2, 4, 0, 5, tzinfo=UTC)
PLACE = {"_type": "location", "lat": 30.66, "lon": 104.06, "acc": 8, "tid": "p1"}
AT_HOME = {"desc": "office", "lat": 30.66, "lon": 104.06, "rad": 50, "tst": 1}


@pytest.fixture
def line(tmp_path) -> MessageLine:
    (tmp_path / "key").write_text("a secret")
    (tmp_path / "t.csv").write_text(
        "protocol,identity,terminal_id,model,secret_key_file\n"
        "owntracks,ann/p1,W1,ios,\nowntracks,bob/p1,W2,android,key\n"
    )
    return MessageLine(Registry(tmp_path / "t.csv"), repeats=Repeats())


def hear(line: MessageLine, to: str, *, ago_s: float = 0, **said: object) -> Heard:
    document = {**PLACE, "tst": int((NOW - timedelta(seconds=ago_s)).timestamp()), **said}
    return line.take_message(to, json.dumps(document).encode(), received_at=NOW)


def test_the_topic_says_whose_place_it_is_whatever_the_message_says(line):
    heard = hear(line, "owntracks/ann/p1", tid="b1", topic="owntracks/bob/p1")

    assert [(one.terminal_id, one.source) for one in heard.work.kept] == [
        ("W1", "gateway-owntracks")
    ]
    assert (heard.name, heard.is_alive) == ("ann/p1", True)


def test_two_phones_speak_by_turns_each_by_its_own_profile(line):
    inner = json.dumps({**PLACE, "tst": int(NOW.timestamp())}).encode()
    key = b"a secret".ljust(32, b"\0")
    sealed = seal(inner, b"a secret", nonce=bytes(NONCE_BYTES))
    assert SecretBox(key).decrypt(b64decode(json.loads(sealed)["data"])) == inner
    said = [
        hear(line, "owntracks/ann/p1"),
        line.take_message("owntracks/bob/p1", sealed, received_at=NOW),
        line.take_message("owntracks/ann/p1", sealed, received_at=NOW),
    ]

    assert [[one.terminal_id for one in heard.work.kept] for heard in said] == [["W1"], ["W2"], []]
    assert said[2].work.refused == ["sealed"]


@pytest.mark.parametrize("topic", ["owntracks/eve/p1", "owntracks/ann", "elsewhere"])
def test_who_is_not_registered_or_not_named_leaves_nothing_but_a_count(line, topic):
    heard = hear(line, topic)

    assert (heard.work.kept, heard.work.refused) == ([], ["unknown_terminal"])


def test_a_stranger_is_noted_under_the_name_of_his_topic(line):
    assert hear(line, "owntracks/eve/p1").work.strangers == {"eve/p1"}


def test_a_picture_in_a_message_is_a_report_and_lies_with_its_phone(line):
    jpeg = b"\xff\xd8\xff\xe0 of a place"
    work = hear(line, "owntracks/ann/p1", image=b64encode(jpeg).decode(), poi="lamp").work

    (picture,), (letter,) = work.pictures, work.letters
    assert (picture.terminal_id, picture.data) == ("W1", jpeg)
    (photo,) = decode_report(letter.payload).photos
    assert (photo.sha256, photo.bytes) == (hashlib.sha256(jpeg).hexdigest(), len(jpeg))
    assert photo.sha256 == picture.sha256


def test_what_the_broker_retained_is_kept_and_no_sign_of_life(line):
    heard = hear(line, "owntracks/ann/p1", ago_s=7200)

    assert len(heard.work.kept) == 1
    assert not heard.is_alive


def test_the_broker_s_word_of_a_loss_is_heard(line):
    heard = line.take_message(
        "owntracks/ann/p1", b'{"_type":"lwt","tst":1772424000}', received_at=NOW
    )

    assert (heard.is_lost, heard.is_alive, heard.work.kept) == (True, False, [])


def test_a_transition_is_counted_and_no_check_in_for_no_worker_has_done_it(line):
    heard = hear(
        line, "owntracks/ann/p1/event", _type="transition", event="enter", desc="office", wtst=1
    )

    assert (heard.work.counts, heard.work.letters) == (
        [("identified", "ios"), ("transition", "ios")],
        [],
    )


@pytest.mark.parametrize(
    ("topic", "said", "answers"),
    [
        ("owntracks/ann/p1", {"t": "r"}, (Order.LOCATE,)),
        ("owntracks/ann/p1", {"t": "u"}, ()),
        ("owntracks/ann/p1/dump", {"_type": "dump", "configuration": {}}, (Order.DUMP,)),
    ],
)
def test_what_a_phone_answers_is_known(line, topic, said, answers):
    assert hear(line, topic, **said).answers == answers


@pytest.mark.parametrize(
    ("what", "argument", "message"),
    [
        (Order.LOCATE, "", {"_type": "cmd", "action": "reportLocation"}),
        (Order.DUMP, "", {"_type": "cmd", "action": "dump"}),
        (
            Order.WAYPOINTS,
            json.dumps([AT_HOME]),
            {
                "_type": "cmd",
                "action": "setWaypoints",
                "waypoints": {
                    "_type": "waypoints",
                    "waypoints": [{"_type": "waypoint", **AT_HOME}],
                },
            },
        ),
        (
            Order.CONFIGURATION,
            '{"monitoring": 2}',
            {
                "_type": "cmd",
                "action": "setConfiguration",
                "configuration": {"monitoring": 2, "_type": "configuration"},
            },
        ),
    ],
)
def test_a_phone_is_told_in_its_own_words(what, argument, message):
    assert json.loads(encode_phone_order(what, argument)) == message


def test_an_interval_has_the_names_of_both_apps():
    told = json.loads(encode_phone_order(Order.INTERVAL, "30"))["configuration"]

    assert (told["moveModeLocatorInterval"], told["locatorInterval"]) == (30, 30)


@pytest.mark.parametrize(
    ("what", "argument"),
    [
        (Order.TEXT, "come back"),
        (Order.PHOTO, ""),
        (Order.INTERVAL, "soon"),
        (Order.WAYPOINTS, "no JSON"),
        (Order.WAYPOINTS, "[]"),
        (Order.WAYPOINTS, '{"desc": "office"}'),
        (Order.CONFIGURATION, "[{}, {}]"),
    ],
)
def test_what_a_phone_has_no_words_for_is_refused(what, argument):
    with pytest.raises(InputError):
        encode_phone_order(what, argument)
