"""Tell metrics and log how a watch fares."""

from sealer_controller import logs
from sealer_controller.kube.reflector import Interrupted
from sealer_controller.observer import Observer

__all__ = ["note"]

_log = logs.logger(__name__)


def note(observer: Observer, kind: str, namespace: str, change: object) -> None:
    """Tell of one thing that a reflector reported.

    Args:
        observer: Told how the watch fares.
        kind: What is watched, as metrics and log call it.
        namespace: Where; empty for everywhere.
        change: What was reported, a `reflector.Change`.
    """
    if not isinstance(change, Interrupted):
        observer.watch_heard(kind)
        return
    error = change.error
    if error is None:
        observer.watch_restarted(kind, "ended")
        return
    why = type(error).__name__.removesuffix("Error").lower()
    observer.watch_restarted(kind, why)
    _log.warning(
        "watch_interrupted",
        kind=kind,
        namespace=namespace,
        message=error.message,
        pause=round(change.pause, 3),
    )
