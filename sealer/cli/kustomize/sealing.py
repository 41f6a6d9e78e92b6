"""What generator and transformer seal with, and what an earlier build left."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sealer.cli.files.inputs import read_input
from sealer.cli.sealing.digests import Digests
from sealer.cli.sealing.naming import is_random_name, random_name
from sealer.errors import InputError
from sealer.sealing.recovery import find_sealed_secrets
from sealer.sealing.seal import SealOptions, seal_secret
from sealer.sensitive import SecretBytes

if TYPE_CHECKING:
    from sealer.cli.certificates.certificates import Certificates
    from sealer.cli.console import Console
    from sealer.manifest import SealedSecret, Secret
    from sealer.scope import Identity, Scope

_ENDING_LENGTH = 10  # as many characters as kustomize's hash has


@dataclass(frozen=True, slots=True)
class Sealing:
    """How Secrets of a build are sealed.

    Attributes:
        certificates: What to seal with.
        digests: What this user sealed before.
        earlier: The SealedSecrets that an earlier build made.
        console: Where to say what people should know.
        root: The folder of the kustomization.
        hints: Note which key sealed each item.
    """

    certificates: "Certificates"
    digests: Digests
    earlier: tuple["SealedSecret", ...]
    console: "Console"
    root: Path
    hints: bool = True

    def seal(self, secret: "Secret", scope: "Scope | None") -> "SealedSecret":
        """Seal a Secret; values that an earlier build is known to hold keep their ciphertext.

        Raises:
            SealerError: The Secret or the certificate cannot be used.
        """
        certificate = self.certificates.for_file(self.root / "kustomization.yaml")
        options = SealOptions(scope=scope, hints=self.hints, reuse=self._kept)
        result = seal_secret(secret, certificate, options)
        for warning in result.warnings:
            self.console.warn(warning)
        sealed = result.sealed_secret
        for item, text in sealed.encrypted_data.items():
            value = secret.data[item]
            self.digests.remember(sealed.identity, item, certificate.fingerprint, text, value)
        return sealed

    def name_for(self, prefix: str, secret: "Secret", scope: "Scope") -> str:
        """Return a name with a random ending: that of an earlier build with the same contents."""
        for sealed in self.earlier:
            is_named = is_random_name(sealed.name, prefix, length=_ENDING_LENGTH)
            same = (sealed.namespace, sealed.identity.scope, sealed.template.type)
            is_same = same == (secret.namespace, scope, secret.type)
            if is_named and is_same and self._holds(sealed, secret.data):
                return sealed.name
        return random_name(prefix, length=_ENDING_LENGTH)

    def _holds(self, sealed: "SealedSecret", data: Mapping[str, SecretBytes]) -> bool:
        return sealed.encrypted_data.keys() == data.keys() and all(
            self._kept(sealed.identity, item, value) for item, value in data.items()
        )

    def _kept(self, identity: "Identity", item: str, value: SecretBytes) -> str | None:
        key = self.certificates.for_file(self.root / "kustomization.yaml").fingerprint
        for sealed in self.earlier:
            text = sealed.encrypted_data.get(item, "")
            is_here = sealed.identity == identity and text
            if is_here and self.digests.keeps(identity, item, key, text, value):
                return text
        return None


def read_earlier(path: str) -> "tuple[SealedSecret, ...]":
    """Return the SealedSecrets of an earlier build; none where there was none.

    Raises:
        InputError: The file cannot be read.
        ManyErrors: There are several faults.
    """
    if not path or not Path(path).exists():
        return ()
    data = read_input(path)
    if not data.strip():
        raise InputError(
            f"{path} is empty, and no earlier build",
            hint="the shell empties the target of `>` before kustomize starts: write with -o",
        )
    return tuple(placed.sealed for placed in find_sealed_secrets(data)[1])
