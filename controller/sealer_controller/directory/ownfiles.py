"""Keep our own files beside the Secrets up to date: what became of each object, the certificate.

They are written when there is news. What cannot be written is told once, and stays news.
"""

import asyncio

from sealer.errors import SealerError
from sealer_controller import logs
from sealer_controller.directory.status import StatusFile
from sealer_controller.directory.target import CERTIFICATE, STATUS, Target
from sealer_controller.directory.work import FileWork

__all__ = ["OwnFiles"]

_log = logs.logger(__name__)


class OwnFiles:
    """What is in `TARGET/.sealer` for people to read.

    Args:
        target: Where the files are.
        files: Does all work on files.
        status: What the status file says.
    """

    def __init__(self, target: Target, files: FileWork, status: StatusFile) -> None:
        self._target = target
        self._files = files
        self._status = status
        self._certificate: bytes | None = None
        self._saved: dict[str, bytes] = {}
        self._told: dict[str, str] = {}
        self._saving: set[asyncio.Task[bool]] = set()

    def show(self, certificate: bytes) -> None:
        """Keep the newest certificate where people find it, or none where no key may seal."""
        self._certificate = certificate
        self.save_soon()

    def save_soon(self) -> None:
        """Save in the background."""
        task = asyncio.get_running_loop().create_task(self.save())
        self._saving.add(task)
        task.add_done_callback(self._saving.discard)

    async def save(self) -> bool:
        """Write where there is news; return whether all is as it should be."""
        is_right = await self._save(STATUS, self._status.encode())
        if self._certificate is not None:
            is_right &= await self._save(CERTIFICATE, self._certificate)
        return is_right

    async def save_anew(self) -> None:
        """Write everything: the folder is another one."""
        self._saved.clear()
        await self.save()

    async def close(self) -> None:
        """Finish what is being saved, and save once more."""
        if self._saving:
            await asyncio.wait(self._saving)
        await self.save()

    async def _save(self, name: str, content: bytes) -> bool:
        if self._saved.get(name) == content:
            return True
        try:
            await self._files.alone(self._target.save, name, content)
        except SealerError as error:
            if self._told.get(name) != error.message:
                _log.error("state_not_written", message=error.message, hint=error.hint)
            self._told[name] = error.message
            return False
        self._told.pop(name, None)
        self._saved[name] = content
        return True
