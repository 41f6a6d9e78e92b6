"""Put the controller together as the settings say, and run it.

What one kind of installation does not need is not even imported: on folders without HTTP that is
half of the memory.
"""

import asyncio
import signal
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from sealer import __version__
from sealer_controller import logs
from sealer_controller.collector import Collector
from sealer_controller.controller import Controller
from sealer_controller.groupcommit import GroupCommit
from sealer_controller.health import Health
from sealer_controller.keykeeper import KeyKeeper, KeyPlan
from sealer_controller.keystore import KeyOrder, KeyStore, KeyStoreOptions
from sealer_controller.leadership import SoleReplica
from sealer_controller.observers import Observers
from sealer_controller.operations import Operations
from sealer_controller.ports import KeyVault, Leadership, Store
from sealer_controller.reconcile import Reconciler
from sealer_controller.rendering import Rendering
from sealer_controller.renewal import Renewal
from sealer_controller.restart import Restarter
from sealer_controller.settings.load import Action, Loaded
from sealer_controller.settings.model import Settings
from sealer_controller.unsealer import Unsealer
from sealer_keys.generate import KeyOptions

__all__ = ["Parts", "assembled", "own_namespace", "run"]

_log = logs.logger(__name__)
Place: TypeAlias = tuple[Store, KeyVault, Leadership]
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def run(loaded: Loaded, environ: Mapping[str, str]) -> int:
    """Run the controller until SIGTERM or SIGINT, or once; return the exit code.

    Raises:
        SettingsError: A setting names something that does not exist.
        SealerError: The controller cannot start, or not go on.
    """
    settings = loaded.settings
    logs.configure(logs.Output(settings.log_format, settings.log_level, settings.log_info_stdout))
    work = _once if loaded.action is Action.ONCE else _serve
    return asyncio.run(_guarded(work(loaded, environ)))


async def _guarded(work: Coroutine[None, None, int]) -> int:
    """Do the work; what goes wrong in a task that nobody waits for is told without its text."""

    def tell(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        _log.error("unhandled", **(logs.described(error) if error else {}))

    asyncio.get_running_loop().set_exception_handler(tell)
    return await work


@dataclass(frozen=True, slots=True)
class Parts:
    """The controller, and what it tells over HTTP."""

    controller: Controller
    keystore: KeyStore
    keeper: KeyKeeper
    health: Health
    operations: Operations

    def certificate(self) -> bytes:
        """Return what `/v1/cert.pem` serves."""
        return self.keystore.keyring.certificate.pem

    @property
    def is_alive(self) -> bool:
        """What `/healthz` tells."""
        return self.health.is_alive

    @property
    def is_ready(self) -> bool:
        """Whether `/readyz` says so."""
        return self.health.is_ready

    @property
    def unready(self) -> Sequence[str]:
        """What `/readyz` tells."""
        return self.health.unready


async def _serve(loaded: Loaded, environ: Mapping[str, str]) -> int:
    settings = loaded.settings
    stop = asyncio.Event()
    _stop_on_signals(stop)
    namespace, observers = own_namespace(environ), Observers()
    async with AsyncExitStack() as stack:
        place: Place
        if settings.is_on_folders:
            from sealer_controller.directory.opening import on_folders  # noqa: PLC0415 - see the module

            folders = on_folders(settings, namespace, observers)
            place = (*await stack.enter_async_context(folders), SoleReplica(observers))
        else:
            from sealer_controller.kube.opening import on_cluster  # noqa: PLC0415 - see the module

            cluster = on_cluster(settings, namespace, environ, observers)
            place = await stack.enter_async_context(cluster)
        _introduce(loaded)
        parts = stack.enter_context(assembled(settings, namespace, place, observers))
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, parts.keeper.make_key)
        if settings.listen_addr or settings.listen_metrics_addr:
            from sealer_controller.listeners import listening  # noqa: PLC0415 - see the module

            await stack.enter_async_context(listening(settings, parts, parts.operations, observers))
        await parts.controller.run(stop)
    _log.info("stopped")
    return 0


async def _once(loaded: Loaded, environ: Mapping[str, str]) -> int:
    from sealer_controller.directory.opening import on_folders  # noqa: PLC0415 - see the module

    settings = loaded.settings
    namespace, observers = own_namespace(environ), Observers()
    async with on_folders(settings, namespace, observers, is_once=True) as (store, keys):
        await store.check_source()
        _introduce(loaded)
        place = (store, keys, SoleReplica(observers))
        with assembled(settings, namespace, place, observers) as parts:
            failed = await parts.controller.run_once()
        is_saved = await store.save()
        problems = sum(not problem.is_harmless for problem in store.problems)
    is_right = is_saved and not failed and not problems
    tell = _log.info if is_right else _log.error
    tell("finished", failed=len(failed), problems=problems)
    return 0 if is_right else 1


def _introduce(loaded: Loaded) -> None:
    where = "folders" if loaded.settings.is_on_folders else "cluster"
    _log.info("starting", version=__version__, store=where)
    if loaded.without_effect:
        _log.warning("settings_without_effect", settings=" ".join(loaded.without_effect))


@contextmanager
def assembled(
    settings: Settings, namespace: str, place: Place, observers: Observers
) -> Iterator[Parts]:
    """Put the controller together.

    Args:
        settings: The settings.
        namespace: Our own, where the key Secrets are.
        place: Where SealedSecrets, Secrets and keys are, and whether we may write there.
        observers: Whom the parts tell what happens.
    """
    store, vault, leading = place
    keystore = KeyStore(
        vault,
        _keystore_options(settings, namespace),
        observer=observers,
        may_create=leading.is_leader,
    )
    keeper = KeyKeeper(keystore, vault, _key_plan(settings), observer=observers)
    leading.listen(keeper.wake)
    with Unsealer(
        lambda: keystore.keyring,
        accept_v1=settings.accept_deprecated_v1_data,
        render=Rendering(lambda: keystore.digest_key),
        workers=settings.workers,
        observer=observers,
    ) as unsealer:
        reconciler = Reconciler(
            store,
            unsealer,
            lambda: keystore.digest_key,
            update_status=settings.update_status,
            recreates=settings.recreate_immutable,
            restarter=_restarter(settings, store, keystore),
            group=GroupCommit(settings.workers // 2),
            observer=observers,
        )
        controller = Controller(
            store,
            keystore,
            reconciler,
            workers=settings.workers,
            drain_seconds=settings.shutdown_deadline.total_seconds(),
            observer=observers,
            keeper=keeper,
            leading=leading,
            guards=not settings.skip_recreate,
            collector=_collector(settings, store, keystore),
        )
        health = Health(lambda: controller.ready)
        observers.add(health)
        operations = Operations(unsealer, lambda: keystore.keyring)
        yield Parts(controller, keystore, keeper, health, operations)


def _collector(settings: Settings, store: Store, keystore: KeyStore) -> Collector | None:
    return Collector(store, lambda: keystore.digest_key) if settings.old_gc_behavior else None


def _restarter(settings: Settings, store: Store, keystore: KeyStore) -> Restarter | None:
    if store.workloads is None:
        return None
    return Restarter(
        store,
        store.workloads,
        lambda: keystore.digest_key,
        has_status=settings.update_status,
    )


def _keystore_options(settings: Settings, namespace: str) -> KeyStoreOptions:
    return KeyStoreOptions(
        namespace=namespace,
        prefix=settings.key_prefix,
        key=KeyOptions(settings.key_size, settings.key_ttl, settings.my_cn),
        order=KeyOrder(settings.key_order_priority),
        require_existing=settings.require_existing_key,
        labels=dict(settings.privatekey_labels.entries),
        annotations=dict(settings.privatekey_annotations.entries),
    )


def _key_plan(settings: Settings) -> KeyPlan:
    renewal = Renewal(settings.key_renew_period, makes_first=not settings.require_existing_key)
    return KeyPlan(renewal, settings.key_cutoff_time, settings.watch_for_secrets)


def own_namespace(environ: Mapping[str, str], file: Path = _NAMESPACE_FILE) -> str:
    """Return our namespace, where the key Secrets are (compat.md 3.1).

    Args:
        environ: `POD_NAMESPACE` counts first.
        file: What every Pod is given.
    """
    if environ.get("POD_NAMESPACE"):
        return environ["POD_NAMESPACE"]
    try:
        return file.read_text("ascii").strip() or "default"
    except (OSError, ValueError):
        return "default"


def _stop_on_signals(stop: asyncio.Event) -> None:
    """Let the first SIGTERM or SIGINT end the work in hand, and the second one everything."""
    loop = asyncio.get_running_loop()
    signals = (signal.SIGTERM, signal.SIGINT)

    def ask(number: signal.Signals) -> None:
        for each in signals:
            loop.remove_signal_handler(each)
        stop.set()
        _log.info("stopping", signal=number.name)

    for each in signals:
        loop.add_signal_handler(each, ask, each)
