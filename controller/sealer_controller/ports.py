"""What the controller asks of the place it runs in: two Protocols, two implementations each.

`kube` keeps everything in a Kubernetes API server, `directory` in folders of a plain host.
Everything above a port is the same for both. Effects live below; nothing above opens a file or a
connection.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sealer.errors import SealerError
from sealer.manifest import Secret
from sealer_controller.election import Lease
from sealer_controller.objects import (
    Event,
    Key,
    SecretChange,
    Status,
    StoreChange,
    StoredSealedSecret,
    StoredSecret,
)
from sealer_controller.workloads import Workload

__all__ = ["KeySecret", "KeyVault", "Leadership", "LeaseStore", "Store", "Workloads"]


class Store(Protocol):
    """Where SealedSecrets come from and Secrets go to."""

    @property
    def workloads(self) -> "Workloads | None":
        """What reads the Secrets and can be rolled; None where there is no such thing."""

    def changes(self) -> AsyncGenerator[StoreChange, None]:
        """Report every SealedSecret and everything that happens to it, for ever.

        The first `Listed` means that all that exist have been reported. No failure of the store
        ends the story; it is waited out below. Closing the generator closes what it holds open.
        """

    async def read_sealed_secret(self, key: Key) -> StoredSealedSecret | None:
        """Return a SealedSecret as it is now, or None.

        Raises:
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """

    def secret_changes(self) -> AsyncGenerator[SecretChange, None]:
        """Report every Secret that is marked as ours and everything that happens to it, for ever.

        Only identities and versions: no data travels. Failures are waited out as for `changes`.
        """

    async def read_secret(self, key: Key) -> StoredSecret | None:
        """Return the Secret of that name, or None.

        Raises:
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """

    async def create_secret(self, secret: Secret) -> StoredSecret:
        """Create a Secret.

        Raises:
            ChangedMeanwhileError: There is one of that name already.
            RejectedError: The store refuses it as such.
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """

    async def replace_secret(self, before: StoredSecret, after: Secret) -> StoredSecret:
        """Replace a Secret by another one of the same name.

        Raises:
            ChangedMeanwhileError: It is no longer the one that was read.
            ImmutableSecretError: The existing one is immutable.
            RejectedError: The store refuses it as such.
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """

    async def dry_run_create(self, secret: Secret) -> None:
        """Let the store check a Secret as if it were created, though one of its name exists.

        Raises:
            RejectedError: The store would refuse it as such.
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """

    async def delete_secret(self, before: StoredSecret) -> None:
        """Delete a Secret, in exactly the version that was read.

        Raises:
            ChangedMeanwhileError: It is no longer the one that was read.
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses.
        """

    async def write_status(self, stored: StoredSealedSecret, status: Status) -> None:
        """Write the status of a SealedSecret; one that is gone or was replaced is left alone.

        Raises:
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """

    async def record(self, stored: StoredSealedSecret, event: Event) -> None:
        """Record an Event about a SealedSecret. A failure is logged and forgotten."""


class Workloads(Protocol):
    """What runs beside the Secrets and reads them, and can be rolled."""

    def find(self, namespace: str) -> AsyncGenerator[Workload, None]:
        """Yield every workload of a namespace.

        Raises:
            RetryableError: They cannot be listed now.
            TerminalError: They may not be.
        """

    async def read(self, kind: str, key: Key) -> Workload | None:
        """Return a workload of one of `workloads.KINDS`, or None.

        Raises:
            RetryableError: It cannot be asked for now.
            TerminalError: It may not be.
        """

    async def stamp(self, workload: Workload, name: str, text: str) -> None:
        """Annotate a workload's pod template, which rolls it. One that is gone is left alone.

        Raises:
            ChangedMeanwhileError: It is no longer the one that was read.
            RetryableError: That cannot be done now.
            TerminalError: It may not be done.
        """


class Leadership(Protocol):
    """Whether this replica is the one that writes (controller.md 4)."""

    def is_leader(self) -> bool:
        """Tell whether a write may be begun now."""

    async def wait(self) -> None:
        """Return once this replica is the leader."""

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called each time that this replica begins or ceases to lead."""

    async def run(self) -> None:
        """Do what is needed to lead, for ever."""

    async def resign(self) -> None:
        """Let another replica lead at once; `run` has been cancelled, and nothing is written."""


class LeaseStore(Protocol):
    """Where the Lease is that several replicas share."""

    async def read(self) -> Lease | None:
        """Return the Lease; None where there is none.

        Raises:
            LeaseForbiddenError: We may not see it.
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses to answer.
        """

    async def write(self, lease: Lease) -> Lease:
        """Replace the Lease, or create it where it has no version; return it as stored.

        Raises:
            ChangedMeanwhileError: It is no longer of that version.
            LeaseForbiddenError: We may not write it.
            RetryableError: The store cannot be asked now.
            TerminalError: The store refuses.
        """

    def changes(self) -> AsyncGenerator[Lease | None, None]:
        """Report the Lease each time that it changes, None when it is gone, for ever.

        No failure of the store ends the story; it is waited out below.
        """


@dataclass(frozen=True, slots=True)
class KeySecret:
    """A key Secret as the vault holds it; whether it can be used is not yet known.

    Attributes:
        secret: The Secret.
        created: When it was created, where the vault knows.
        fault: Why it cannot even be read, where it cannot; the Secret has only its name then.
    """

    secret: Secret
    created: datetime | None = None
    fault: SealerError | None = None


class KeyVault(Protocol):
    """Where the sealing keys are kept."""

    async def key_secrets(self) -> Sequence[KeySecret]:
        """Return every active key Secret, oldest first, the legacy unlabelled one included.

        Raises:
            RetryableError: The vault cannot be asked now.
            TerminalError: The vault refuses to answer.
        """

    def changes(self) -> AsyncGenerator[None, None]:
        """Yield each time that the key Secrets, or the digest key, may be others than before.

        The first time is when the vault has begun to watch them. No failure of the vault ends it;
        it is waited out below. Closing the generator closes what it holds open.
        """

    async def create_key_secret(self, secret: Secret, prefix: str) -> KeySecret:
        """Store a new key Secret under the name it has, which begins with `prefix`.

        Raises:
            ChangedMeanwhileError: The name is taken.
            RetryableError: The vault cannot be asked now.
            TerminalError: The vault refuses.
        """

    async def digest_key(self) -> Secret | None:
        """Return the Secret `sealer.keysecret.DIGEST_KEY`, which holds no sealing key, or None.

        Raises:
            RetryableError: The vault cannot be asked now.
            TerminalError: The vault refuses to answer.
        """

    async def create_digest_key(self, secret: Secret) -> Secret:
        """Store a Secret of that name.

        Raises:
            ChangedMeanwhileError: There is one already.
            RetryableError: The vault cannot be asked now.
            TerminalError: The vault refuses.
        """

    async def publish(self, certificate: bytes) -> None:
        """Show the newest certificate to everybody, where the vault has a place for it.

        Args:
            certificate: PEM; empty where no key may seal, so that none is shown.

        Raises:
            RetryableError: The vault cannot be asked now.
            TerminalError: The vault refuses.
        """

    async def readers(self) -> Sequence[str]:
        """Return who may read the key Secrets though nobody can have meant it, such as everybody.

        Raises:
            RetryableError: The vault cannot be asked now.
            TerminalError: The vault refuses to answer.
        """

    async def record(self, name: str, event: Event) -> None:
        """Record an Event about a key Secret. A failure is logged and forgotten."""
