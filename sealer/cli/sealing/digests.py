"""What this user sealed before, as keyed digests: unchanged values keep their ciphertext.

Nothing here ever stops a command: digests that cannot be read or kept count as none.
"""

from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sealer.cli.console import Console
from sealer.cli.sealing.statefolder import StateError, private_file
from sealer.sealing.quiet import Verdict, item_digests

if TYPE_CHECKING:
    from sealer.cli.sealing.digeststore import DigestStore
    from sealer.scope import Identity
    from sealer.sensitive import SecretBytes

FILE_NAME = "digests-1.sqlite3"  # with the version of what is in it


class Digests:
    """The digests of this user. The file is opened with the first question.

    Either `save` is called when all is done, or a `with` block does that.
    """

    def __init__(self, console: Console, *, enabled: bool) -> None:
        self._console = console
        self._is_enabled = enabled
        self._store: DigestStore | None = None
        self._new: dict[bytes, bytes] = {}
        self._lock = RLock()  # Secrets are sealed in several threads

    @classmethod
    def open(cls, console: Console, *, enabled: bool = True) -> Self:
        """Return the digests of this user.

        Args:
            console: Where to say that they cannot be used.
            enabled: False: nothing is known, and nothing is kept.
        """
        return cls(console, enabled=enabled)

    def __enter__(self) -> Self:
        """Return the digests."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Save what is new, unless something went wrong."""
        if error is None:
            self.save()
        else:
            self._close()

    def compare(
        self, identity: "Identity", item: str, fingerprint: str, text: str, value: "SecretBytes"
    ) -> Verdict:
        """Return whether a sealed text holds a value, as far as that is known.

        Args:
            identity: What the value is to be sealed for.
            item: The item's key.
            fingerprint: The public key to seal with.
            text: The sealed text that is there.
            value: The value.
        """
        with self._lock:
            return self._compare(identity, item, fingerprint, text, value)

    def _compare(
        self, identity: "Identity", item: str, fingerprint: str, text: str, value: "SecretBytes"
    ) -> Verdict:
        try:
            store = self._opened()
            if store is None:
                return Verdict.UNKNOWN
            digests = item_digests(identity, item, fingerprint, text, value, key=store.key)
            entry = store.find(digests.ciphertext)
        except StateError as error:
            self._give_up(error)
            return Verdict.UNKNOWN
        if entry is None:
            return Verdict.UNKNOWN
        if entry.value != digests.value:
            return Verdict.CHANGED
        if not entry.is_fresh:
            self._new[digests.ciphertext] = digests.value
        return Verdict.SAME

    def keeps(
        self, identity: "Identity", item: str, fingerprint: str, text: str, value: "SecretBytes"
    ) -> bool:
        """Tell whether a sealed text is known to hold a value; arguments as for `compare`."""
        return self.compare(identity, item, fingerprint, text, value) is Verdict.SAME

    def remember(
        self, identity: "Identity", item: str, fingerprint: str, text: str, value: "SecretBytes"
    ) -> None:
        """Note what was sealed; arguments as for `compare`. `save` makes it last."""
        with self._lock:
            try:
                store = self._opened()
            except StateError as error:
                self._give_up(error)
                return
            if store is not None:
                digests = item_digests(identity, item, fingerprint, text, value, key=store.key)
                self._new[digests.ciphertext] = digests.value

    def save(self) -> None:
        """Keep what is new for later runs, and let go of the file."""
        if self._store is None:
            return
        try:
            if self._new:
                self._store.save(self._new)
        except StateError as error:
            self._give_up(error)
        else:
            self._close()

    def _opened(self) -> "DigestStore | None":
        if self._store is None and self._is_enabled:
            file = private_file(FILE_NAME)
            try:
                from sealer.cli.sealing.digeststore import DigestStore
            except ImportError:  # some builds of Python come without sqlite
                raise StateError("this Python has no sqlite3") from None
            self._store = DigestStore(file)
        return self._store

    def _give_up(self, error: StateError) -> None:
        """Go on without digests, and say so: aloud where others may have had a hand in them."""
        self._is_enabled = False
        self._close()
        say = self._console.warn if error.is_open else self._console.remark
        say(f"unchanged values are sealed anew: {error.message}", hint=error.hint)

    def _close(self) -> None:
        self._new.clear()
        if self._store is not None:
            self._store.close()
            self._store = None
