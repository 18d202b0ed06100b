"""How `patrol ingest run` presents itself to the broker, alone or as one of many."""

from ingest.settings import IngestSettings
from patrol.errors import InputError
from patrol.topics import UP, Kind, Topics
from runtime.mqtt import MOST_UNACKNOWLEDGED, BrokerSettings, Manner

# What a broker holds for a replica that died is handed to no other one, and it goes on giving it
# its turn. Long enough for a restart, and short enough for those who will not come back.
_REPLICA_KEPT_S = 60


def manner_of(own: IngestSettings, broker: BrokerSettings) -> Manner:
    """Return what is asked of the broker; raises InputError where it cannot be had.

    In a group, the broker gives each message to one of those who are in it.
    """
    topics = Topics(broker.topic_root)
    filters = [topics.of_all(kind) for kind in Kind if kind in UP]
    # While one batch is written, the next one comes.
    receive_maximum = min(2 * own.batch_messages, MOST_UNACKNOWLEDGED)
    if not own.shared_group:
        return Manner(
            client_id=own.client_id,
            subscriptions=filters,
            persistent=True,
            receive_maximum=receive_maximum,
        )
    if broker.protocol != "5":
        raise InputError(
            f"shared_group is {own.shared_group!r}, and MQTT {broker.protocol} has no shared "
            'subscriptions: use a broker with MQTT 5 and [broker] protocol = "5", or leave '
            "shared_group empty and run one ingest"
        )
    return Manner(
        client_id=own.client_id,
        subscriptions=[f"$share/{own.shared_group}/{one}" for one in filters],
        persistent=True,
        kept_s=_REPLICA_KEPT_S,
        receive_maximum=receive_maximum,
    )
