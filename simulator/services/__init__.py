"""The real database and brokers that the demo and the tests start for themselves.

All of them listen on this machine only, keep everything in the folder that they are given,
and end with the process that started them.
"""

from simulator.services.brokers import (
    Broker,
    EmbeddedBroker,
    Mosquitto,
    find_mosquitto,
    free_port,
    start_broker,
)
from simulator.services.children import Service, end_child, start_child
from simulator.services.postgres import EmbeddedPostgres, Installation, postgres_program

__all__ = [
    "Broker",
    "EmbeddedBroker",
    "EmbeddedPostgres",
    "Installation",
    "Mosquitto",
    "Service",
    "end_child",
    "find_mosquitto",
    "free_port",
    "postgres_program",
    "start_broker",
    "start_child",
]
