"""The status of each terminal, retained at the broker: there or lost, and what of it waits."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence

import structlog

from gateway.settings import GatewaySettings
from gateway.standing.notes import Notes
from gateway.standing.standings import Standings
from patrol.errors import InputError
from patrol.ids import TerminalId
from patrol.messages import State, encode_status
from patrol.topics import Kind, Topics
from runtime.mqtt import BrokerSettings, Manner, Session

log = structlog.get_logger()

# So many a second: all of a gateway's terminals may come within a minute.
_AT_ONCE = 100
_TURN_S = 1.0


class Teller:
    """Tells on a connection of its own, so that positions do not wait for it."""

    def __init__(
        self, settings: GatewaySettings, broker: BrokerSettings, standings: Standings
    ) -> None:
        """Prepare the session; raises InputError when the broker's settings cannot be used."""
        self._standings = standings
        self._notes = Notes(settings.spool)
        self._topics = Topics(broker.topic_root)
        self._session = Session(broker, Manner(client_id=f"{settings.client_id}-status"))
        self._connection = 1
        self._has_failed = False

    async def run(self, stop: asyncio.Event) -> None:
        """Tell until `stop`; raises StateError when the line has ended by itself."""
        self._standings.recall(await asyncio.to_thread(self._notes.online), time.monotonic())
        self._session.start()
        try:
            while not stop.is_set():
                self._session.check()
                await self._turn()
                try:
                    await asyncio.wait_for(stop.wait(), _TURN_S)
                except TimeoutError:
                    continue
        finally:
            await asyncio.to_thread(self._session.stop)

    async def _turn(self) -> None:
        if not self._session.is_connected:
            return
        if self._session.connections != self._connection:
            self._connection = self._session.connections
            self._standings.forget_told()
        due = self._standings.due(time.monotonic(), most=_AT_ONCE)
        if due:
            told = await asyncio.to_thread(self._tell, due)
            self._standings.told(told, time.monotonic())

    def _tell(self, due: Sequence[tuple[TerminalId, State]]) -> list[tuple[TerminalId, State]]:
        told: list[tuple[TerminalId, State]] = []
        try:
            statuses = self._notes.statuses(due)
            told = [
                (terminal, status.state)
                for terminal, status in statuses
                if self._session.publish(
                    self._topics.of(terminal, Kind.STATUS), encode_status(status), retain=True
                )
            ]
            self._notes.note(told)
        except (sqlite3.Error, InputError) as error:
            # What was not told comes with the next turn.
            if not self._has_failed:
                log.warning("gateway.status_waits", reason=str(error))
            self._has_failed = True
        else:
            self._has_failed = False
        return told
