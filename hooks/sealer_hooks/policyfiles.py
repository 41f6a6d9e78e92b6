"""`.sealer.yaml` as the policy's revision has it: the nearest one above a file counts."""

import os
import posixpath

from sealer_hooks.sources.source import UnreadableError

TYPE_CHECKING = False  # type checkers know the name; importing `typing` takes 3 ms
if TYPE_CHECKING:
    from sealer.errors import SealerError
    from sealer.policy import HookPolicy
    from sealer_hooks.sources import Source

NAME = ".sealer.yaml"
BASELINE = ".sealer-baseline"
_UNKNOWN = "what may pass is unknown"

# A path, a line, a column, and what is wrong there.
Fault = tuple[str, int, int, str]


class Around:
    """A policy that counts for a file.

    Attributes:
        folder: Where it is, from the repository's root; empty for the root itself.
        policy: What it says to the hook.
    """

    __slots__ = ("folder", "policy")

    def __init__(self, folder: str, policy: "HookPolicy") -> None:
        self.folder = folder
        self.policy = policy

    def relative(self, path: str) -> str:
        """Return the path of a file from the policy's folder."""
        return path.removeprefix(f"{self.folder}/")


class PolicyFiles:
    """The policies of one source. Each is read once, when the first file below it is asked for.

    Attributes:
        faults: What is wrong with those that were read. Such a policy lets nothing pass.
    """

    def __init__(self, source: "Source") -> None:
        self.faults: list[Fault] = []
        self._source = source
        self._known: dict[str, Around | None] = {}

    def around(self, path: str) -> Around | None:
        """Return the policy that counts for a file; None when there is none.

        Args:
            path: A file, from the repository's root. One outside has no policy.
        """
        if path.startswith("../"):
            return None
        folder, below = posixpath.dirname(path), []
        while folder not in self._known:
            below.append(folder)
            found = self._read(folder)
            above = posixpath.dirname(folder)
            if found or above == folder:
                self._known[folder] = found
            else:
                folder = above
        for each in below:
            self._known[each] = self._known[folder]
        return self._known[folder]

    def check(self, path: str, data: bytes) -> None:
        """Take in what is wrong with a policy that is to come."""
        _parse(path, data, self.faults)

    def _read(self, folder: str) -> Around | None:
        path = posixpath.join(folder, NAME)
        try:
            data = self._source.read_policy_file(path)
            if data and b"\n" not in data:  # git holds a link as the path that it leads to
                target = posixpath.join(folder, os.fsdecode(data))
                data = self._source.read_policy_file(posixpath.normpath(target)) or data
        except UnreadableError as error:
            from sealer.policy import HookPolicy

            self.faults.append(fault_of(path, error))
            return Around(folder, HookPolicy())
        return None if data is None else Around(folder, _parse(path, data, self.faults))


def _parse(path: str, data: bytes, faults: list[Fault]) -> "HookPolicy":
    from sealer.faults import Faults
    from sealer.policy import HookPolicy, read_policy

    found = Faults()
    with found.collected():
        return read_policy(data).hook
    for error in found.errors:
        fault = fault_of(path, error)
        if fault not in faults:
            faults.append(fault)
    return HookPolicy()


def fault_of(path: str, error: "SealerError | UnreadableError") -> Fault:
    """Return where a policy or baseline is at fault, and why."""
    from sealer.errors import InputError

    if isinstance(error, UnreadableError):
        return path, 0, 0, f"{_UNKNOWN}: it {error}"
    where = error.where if isinstance(error, InputError) else None
    line, column = (where.line, where.column) if where else (0, 0)
    hint = f" ({error.hint})" if error.hint else ""
    return path, line, column, f"{_UNKNOWN}: {error.message}{hint}"
