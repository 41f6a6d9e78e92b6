"""Work on folders: store and vault are on this machine."""

import grp
import pwd
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sealer.manifest import SealedSecret
from sealer_controller.directory.files import Access
from sealer_controller.directory.keys import DirectoryKeys
from sealer_controller.directory.records import TargetFormat
from sealer_controller.directory.sightings import DirectoryOptions
from sealer_controller.directory.store import DirectoryStore, directory_store
from sealer_controller.directory.target import TargetOptions
from sealer_controller.observers import Observers
from sealer_controller.settings.load import SettingsError
from sealer_controller.settings.model import Settings

__all__ = ["on_folders"]

_SETTLE_SECONDS = 1.0


@asynccontextmanager
async def on_folders(
    settings: Settings, namespace: str, observers: Observers, *, is_once: bool = False
) -> AsyncIterator[tuple[DirectoryStore, DirectoryKeys]]:
    """Open the folders.

    Args:
        settings: The settings.
        namespace: What counts as our own.
        observers: The store joins them.
        is_once: Nobody will look again: what is missing now is gone.

    Raises:
        SettingsError: There is no such user or group.
        RetryableError: The target folder cannot be opened.
        TerminalError: Another controller works on it.
    """
    if settings.source is None or settings.target is None or settings.keys is None:
        raise TypeError("the settings name no folders")
    options = DirectoryOptions(
        wanted=_wanted(settings, namespace), settle_seconds=0.0 if is_once else _SETTLE_SECONDS
    )
    target_options = TargetOptions(
        TargetFormat(settings.target_format),
        Access(settings.target_mode, _owner(settings.target_owner)),
    )
    keys = DirectoryKeys(settings.keys, namespace=namespace, prefix=settings.key_prefix)
    async with directory_store(
        settings.source, settings.target, options, target_options, observers
    ) as store:
        observers.add(store)
        yield store, keys


def _wanted(settings: Settings, namespace: str) -> Callable[[SealedSecret], bool]:
    near = settings.namespaces(namespace)

    def wanted(sealed: SealedSecret) -> bool:
        is_near = "" in near or sealed.namespace in near
        return is_near and settings.label_selector.matches(sealed.labels)

    return wanted


def _owner(text: str) -> tuple[int, int] | None:
    """Return the numbers of a user and a group; -1 for what is not named."""
    if not text:
        return None
    user, _, group = text.partition(":")
    try:
        uid = int(user) if user.isdigit() else pwd.getpwnam(user).pw_uid if user else -1
        gid = int(group) if group.isdigit() else grp.getgrnam(group).gr_gid if group else -1
    except KeyError:
        raise SettingsError(
            f"argument --target-owner: {text!r} names no user or group of this machine"
        ) from None
    return uid, gid
