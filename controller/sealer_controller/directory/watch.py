"""Learn from the operating system when something below a folder changes."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePath

from watchfiles import Change, awatch

from sealer_controller import logs

__all__ = ["Watch"]

_log = logs.logger(__name__)
# So often it is asked where the path leads, which no watch tells.
_LOOK_SECONDS = 1.0


def _is_git(path: PurePath) -> bool:
    return ".git" in path.parts


class Watch:
    """Watches a folder, wherever its path leads at the time.

    Where it cannot be watched (it does not exist, the system's watches are used up), `wait` returns
    after its time, and everything works, only later. That the path leads elsewhere is seen anyway.

    Args:
        path: The folder; it may be a link that is moved, as some tools do with a new revision.
        ignores: Tells which paths below the folder are none of our business.
    """

    def __init__(self, path: Path, *, ignores: Callable[[PurePath], bool] = _is_git) -> None:
        self._path = path
        self._ignores = ignores
        self._paths: set[PurePath] = set()
        self._changed = asyncio.Event()
        self._stop = asyncio.Event()
        self._seen: object = None
        self._task: asyncio.Task[None] | None = None
        self._is_told = False

    async def begin(self) -> frozenset[PurePath] | None:
        """Let everything that happens from now on end the next `wait`.

        Returns:
            What has changed since the last time, relative to the folder; None where nobody knows.
        """
        root = _real(self._path)
        seen = _identity(root)
        is_new = seen is None or seen != self._seen or self._task is None or self._task.done()
        if is_new:
            await self.close()
            self._seen, self._stop = seen, asyncio.Event()
            self._task = asyncio.create_task(self._run(root, self._stop)) if seen else None
            await asyncio.sleep(0)  # its first step asks the system for the watches
        self._changed.clear()
        paths = frozenset(self._paths)
        self._paths.clear()
        return None if is_new else paths

    async def wait(self, seconds: float) -> None:
        """Return when something has changed, the path leads elsewhere, or after so many seconds."""
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while (left := end - clock()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), min(left, _LOOK_SECONDS))
                return
            if _identity(_real(self._path)) != self._seen:
                return

    async def close(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._stop.set()
            await asyncio.wait([self._task])

    async def _run(self, root: Path, stop: asyncio.Event) -> None:
        def is_ours(_change: Change, path: str) -> bool:
            return not self._ignores(PurePath(path).relative_to(root))

        try:
            async for changes in awatch(
                root,
                watch_filter=is_ours,
                stop_event=stop,
                recursive=True,
                ignore_permission_denied=True,
            ):
                self._paths.update(PurePath(path).relative_to(root) for _, path in changes)
                self._changed.set()
                if (Change.deleted, str(root)) in changes:
                    return  # another folder may take its place, and would not be watched
        except (OSError, RuntimeError) as error:  # the second is the library's own for the first
            if not self._is_told:
                _log.warning("folder_not_watched", path=str(root), error=type(error).__name__)
            self._is_told = True
        except ExceptionGroup:
            # Something changed whose name is no UTF-8, which the library cannot bear. The watch
            # begins anew, and a moment later, so that no endless change makes us spin.
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
            self._changed.set()


def _real(path: Path) -> Path:
    # Unlike Path.resolve, it bears with links that go round in circles.
    return Path(os.path.realpath(path))


def _identity(root: Path) -> object:
    """Return what tells a folder from another one at the same path; None where there is none."""
    try:
        found = root.stat()
    except OSError:
        return None
    return (root, found.st_dev, found.st_ino)
