"""`patrol gateway run`: the ports of terminals, the spool, and the relay to the broker."""

import asyncio
import resource
import threading
from collections.abc import Callable
from functools import partial

import structlog

from gateway.custody.committer import Committer
from gateway.custody.photos import PhotoFolder
from gateway.custody.relay import Relay, manner_of
from gateway.custody.spool import Spool
from gateway.metrics import GatewayMetrics
from gateway.registry import Registry
from gateway.serving.lines import House, TerminalDatagrams, TerminalLine
from gateway.serving.securing import tls_of
from gateway.settings import GatewaySettings
from patrol.errors import InputError, StateError
from patrol.topics import Topics
from runtime.health import Vitals, served
from runtime.lifecycle import SOON_S, stop_on_signals
from runtime.mqtt import BrokerSettings, Session

log = structlog.get_logger()

_BACKLOG = 4_096
# Beside the lines: the spool, the broker, ports, logs.
_OTHER_FILES = 200
_BEAT_S = 1.0
_GOODBYE_S = 2.0


def run_gateway(settings: GatewaySettings, broker: BrokerSettings) -> None:
    """Take what terminals send until a signal asks to stop.

    Raises InputError when a setting cannot be used, StateError when a part has failed.
    """
    ports = _ports_of(settings)
    _allow_files(settings.most_lines + _OTHER_FILES)
    stop = stop_on_signals(within_s=SOON_S)
    topics = Topics(broker.topic_root)
    committer = _make_committer(settings)
    metrics = GatewayMetrics()
    house = House(settings, Registry(settings.terminals), committer=committer, metrics=metrics)
    session = Session(broker, manner_of(settings.client_id, topics))
    relay = Relay(
        session=session,
        topics=topics,
        committer=committer,
        window=settings.window_fixes,
        resend_s=settings.resend_s,
    )
    vitals = Vitals()
    vitals.ask("broker", lambda: session.is_connected)
    vitals.ask("spool", lambda: committer.is_writable)
    _watch(metrics, house, committer)
    committer.start()
    relaying = _Relaying(relay, stop)
    relaying.start()
    try:
        with served(settings.health_port, vitals, metrics.expose):
            asyncio.run(_serve(house, ports, stop, beat=partial(_beat, vitals, committer)))
    finally:
        stop.set()
        relaying.join(_GOODBYE_S)
        committer.close()
    for failure in (relaying.failure, committer.failure):
        if failure is not None:
            raise StateError(f"the gateway has failed: {failure}") from failure
    log.info("gateway.stopped", waiting=committer.waiting)


class _Relaying(threading.Thread):
    """The relay in a thread of its own, whose failure is kept and stops the process."""

    def __init__(self, relay: Relay, stop: threading.Event) -> None:
        super().__init__(name="relay", daemon=True)
        self.failure: Exception | None = None
        self._relay = relay
        self._stop_event = stop

    def run(self) -> None:
        """Relay; an error that nobody foresaw ends the process."""
        try:
            self._relay.run(self._stop_event)
        except Exception as error:
            log.exception("gateway.relay_failed")
            self.failure = error
            self._stop_event.set()


def _ports_of(settings: GatewaySettings) -> dict[str, int]:
    ports = {name: port for name in settings.port_names() if (port := getattr(settings, name))}
    if not ports:
        raise InputError(
            f"no port is set: give one of {', '.join(settings.port_names())} in [gateway]"
        )
    return ports


def _make_committer(settings: GatewaySettings) -> Committer:
    # First of all, for it makes the file, for its owner alone.
    Spool(settings.spool).close()
    photos = PhotoFolder(settings.spool, most_bytes=settings.photos_most_mb << 20)
    return Committer(settings.spool, settings.spool_most_mb << 20, photos)


def _allow_files(needed: int) -> None:
    """Let this process open so many files, as far as the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    if most < needed:
        log.warning(
            "gateway.few_files",
            allowed=most,
            needed=needed,
            advice="raise the limit of open files (LimitNOFILE) or lower [gateway] most_lines",
        )


def _watch(metrics: GatewayMetrics, house: House, committer: Committer) -> None:
    metrics.watch("lines", "connections of terminals", lambda: len(house.lines))
    metrics.watch("terminals", "terminals in the register", lambda: len(house.registry))
    metrics.watch("waiting", "fixes and messages not yet stored", lambda: committer.waiting)


def _beat(vitals: Vitals, committer: Committer) -> None:
    if committer.failure is not None:
        raise StateError("the spool's writer has ended: see what was said before")
    vitals.beat()


async def _serve(
    house: House, ports: dict[str, int], stop: threading.Event, *, beat: Callable[[], None]
) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    house.listen_to_custody(loop)
    chores = [
        loop.create_task(house.sweep(ended)),
        loop.create_task(house.run_errands(ended)),
    ]
    servers: list[asyncio.Server | asyncio.DatagramTransport] = [
        await _listen(house, name, port) for name, port in ports.items()
    ]
    log.info("gateway.started", terminals=len(house.registry), **ports)
    try:
        while not stop.is_set():
            beat()
            await asyncio.to_thread(stop.wait, _BEAT_S)
    finally:
        ended.set()
        for server in servers:
            server.close()
        for line in list(house.lines):
            line.hang_up()
        await asyncio.gather(*chores)
        await asyncio.sleep(0)


async def _listen(house: House, name: str, port: int) -> asyncio.Server | asyncio.DatagramTransport:
    loop = asyncio.get_running_loop()
    protocol = name.partition("_")[0]
    host = house.settings.host
    try:
        if name.endswith("_udp_port"):
            transport, _ = await loop.create_datagram_endpoint(
                lambda: TerminalDatagrams(protocol, house), local_addr=(host, port)
            )
            return transport
        return await loop.create_server(
            lambda: TerminalLine(protocol, house),
            host,
            port,
            ssl=tls_of(house.settings),
            backlog=_BACKLOG,
        )
    except OSError as error:
        raise InputError(
            f"[gateway] {name} {port} on {host} cannot be listened on: {error.strerror}; "
            "give a free port"
        ) from error
