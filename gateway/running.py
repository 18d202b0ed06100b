"""`patrol gateway run`: the ports of terminals, the spool, and the relay to the broker."""

import asyncio
import gc
import resource
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial

import structlog
import uvloop

from gateway.beside import Beside, things_beside
from gateway.custody.alone import held_alone
from gateway.custody.committer import Committer
from gateway.custody.photos import PhotoFolder
from gateway.custody.relaying import Orders, Relaying
from gateway.custody.spool import Spool
from gateway.metrics import GatewayMetrics
from gateway.registry import Registry
from gateway.serving.house import House
from gateway.serving.ports import Ports
from gateway.settings import GatewaySettings
from gateway.uploading.photos import bringing_photos
from patrol.errors import InputError, StateError
from runtime.health import Vitals, served
from runtime.lifecycle import SOON_S, stop_on_signals
from runtime.mqtt import BrokerSettings

log = structlog.get_logger()

# Beside the lines: the spool, the broker, ports, logs.
_OTHER_FILES = 200
_BEAT_S = 1.0
_GOODBYE_S = 2.0
# The committer waits for the interpreter after each of its statements, this long at most while
# terminals keep it busy; at the 5 ms that are usual, their answers came a tenth of a second later.
_SWITCH_S = 0.0005
# Lines make no cycles to speak of, and to look through those of thousands took 7 % of the time.
_GARBAGE = (50_000, 20, 50)


def run_gateway(
    settings: GatewaySettings, broker: BrokerSettings, *, phones: BrokerSettings
) -> None:
    """Take what terminals send until a signal asks to stop.

    Raises InputError when a setting cannot be used, StateError when a part has failed.
    """
    ports = _ports_of(settings)
    _allow_files(settings.most_lines + _OTHER_FILES)
    with held_alone(settings.spool):
        _run(settings, broker, phones=phones, ports=ports)


def _run(
    settings: GatewaySettings,
    broker: BrokerSettings,
    *,
    phones: BrokerSettings,
    ports: dict[str, int],
) -> None:
    stop = stop_on_signals(within_s=SOON_S)
    sys.setswitchinterval(_SWITCH_S)
    gc.set_threshold(*_GARBAGE)
    committer = _make_committer(settings)
    metrics = GatewayMetrics()
    house = House(settings, Registry(settings.terminals), committer=committer, metrics=metrics)
    relaying = Relaying(_orders_of(settings, broker))
    vitals = Vitals()
    vitals.ask("broker", lambda: relaying.standing.is_connected)
    vitals.ask("relay", lambda: relaying.is_telling)
    vitals.ask("spool", lambda: committer.is_writable)
    beside = things_beside(house, vitals, broker=broker, phones=phones)
    _watch(house, committer, relaying)
    committer.start()
    relaying.start()
    try:
        with (
            served(settings.health_port, vitals, metrics.expose),
            bringing_photos(settings, metrics),
        ):
            beat = partial(_beat, vitals, committer, relaying)
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve(house, ports, stop, beat=beat, beside=beside))
    finally:
        stop.set()
        committer.close()
        relaying.stop()
    if committer.failure is not None:
        raise StateError(f"the gateway has failed: {committer.failure}") from committer.failure
    log.info("gateway.stopped", waiting=committer.kept - relaying.standing.forgotten)


def _ports_of(settings: GatewaySettings) -> dict[str, int]:
    ports = {name: port for name in settings.port_names() if (port := getattr(settings, name))}
    if not ports and settings.owntracks_base is None:
        raise InputError(
            f"no port is set: give one of {', '.join(settings.port_names())} in [gateway]"
        )
    return ports


def _orders_of(settings: GatewaySettings, broker: BrokerSettings) -> Orders:
    return Orders(
        spool=settings.spool,
        client_id=settings.client_id,
        window=settings.window_fixes,
        resend_s=settings.resend_s,
        broker=broker,
    )


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


def _watch(house: House, committer: Committer, relaying: Relaying) -> None:
    metrics = house.metrics
    metrics.watch("lines", "connections of terminals", lambda: len(house.lines))
    metrics.watch("terminals", "terminals in the register", lambda: len(house.registry))
    metrics.watch(
        "waiting",
        "fixes and messages not yet stored",
        lambda: committer.kept - relaying.standing.forgotten,
    )
    metrics.watch(
        "stuck", "fixes sent again and again, not stored", lambda: relaying.standing.stuck
    )


def _beat(vitals: Vitals, committer: Committer, relaying: Relaying) -> None:
    relaying.look()
    if committer.failure is not None:
        raise StateError("the spool's writer has ended: see what was said before")
    vitals.beat()


async def _serve(
    house: House,
    ports: dict[str, int],
    stop: threading.Event,
    *,
    beat: Callable[[], None],
    beside: Sequence[Beside],
) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    house.listen_to_custody(loop)
    runs = [house.sweep, house.run_errands, *(one.run for one in beside)]
    chores = [loop.create_task(run(ended)) for run in runs]
    doors = Ports(house)
    try:
        for name, port in ports.items():
            await doors.listen(name, port)
        log.info("gateway.started", terminals=len(house.registry), **ports)
        while not stop.is_set():
            beat()
            for chore in chores:
                # One that has failed is not to fail unheard.
                if chore.done():
                    chore.result()
            await asyncio.to_thread(stop.wait, _BEAT_S)
    finally:
        ended.set()
        await doors.close(within_s=_GOODBYE_S)
        await asyncio.gather(*chores)
