"""A Secret that exists nowhere in the clear: put together in memory, sealed, written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from sealer.cli.console import counted
from sealer.cli.files.output import Outputs, write_standard_output
from sealer.cli.options import certificates_of
from sealer.cli.sealing.createoptions import ENDING_LENGTH, Order
from sealer.cli.sealing.digests import Digests
from sealer.cli.sealing.existing import Existing, check_replaceable, find_existing
from sealer.cli.sealing.naming import random_name
from sealer.documents.emit import emit_json, emit_yaml
from sealer.errors import Where
from sealer.manifest import SealedSecret, Secret
from sealer.scope import Identity, Scope
from sealer.sealing.advice import size_warnings
from sealer.sealing.checks import check_secret_type
from sealer.sealing.seal import SealOptions, seal_secret

if TYPE_CHECKING:
    from sealer.cli.console import Console
    from sealer.sensitive import SecretBytes
    from sealer_keys.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Contents:
    """What the Secret holds.

    Attributes:
        type: Its type; empty leaves it to the API server, which fills in `Opaque`.
        data: Its items.
        allow_empty: It may have none.
    """

    type: str
    data: "Mapping[str, SecretBytes]"
    allow_empty: bool = False


@dataclass(frozen=True, slots=True)
class Creation:
    """A Secret that is being created: what can be checked is checked before values are read.

    Attributes:
        order: What was asked for.
        certificate: What to seal with.
        existing: The file to write, as it is; None when there is none.
        console: Where to say what was done.
    """

    order: Order
    certificate: "Certificate"
    existing: Existing | None
    console: "Console"

    @classmethod
    def begin(cls, ctx: click.Context, order: Order, *, reads_standard_input: bool) -> "Creation":
        """Find the certificate and the file to write.

        Raises:
            OutputError: The file holds something that may not be replaced.
            SealerError: The certificate cannot be used.
        """
        certificates = certificates_of(ctx, reads_standard_input=reads_standard_input)
        existing = find_existing(order)
        return cls(order, certificates.for_file(order.target), existing, ctx.obj)

    def finish(self, contents: Contents) -> None:
        """Seal the Secret and write it.

        Values that the existing file is known to hold keep their ciphertext, and a file that would
        say the same as before is left alone.

        Raises:
            ManifestError: The API server would refuse the Secret.
            OutputError: The file cannot be written, or may not be replaced.
        """
        is_kept = self.order.target is not None and not self.order.no_cache
        with Digests.open(self.console, enabled=is_kept) as digests:
            self._make(contents, _Known(digests, self.certificate, self.existing))

    def _make(self, contents: Contents, known: "_Known") -> None:
        secret = _secret(self.order, contents, known)
        check_secret_type(secret)
        sealed = self._seal(secret, contents, known)
        manifest = sealed.to_object()
        if self.existing is not None and self.existing.manifest == manifest:
            self.console.note(f"{self.order.target} stays as it is")
        else:
            _write(self.order, manifest, self.existing, self.console)
            _say(self.order, secret, self.console)
        known.remember(sealed.identity, secret, sealed.encrypted_data)

    def _seal(self, secret: Secret, contents: Contents, known: "_Known") -> SealedSecret:
        options = SealOptions(
            scope=Scope(self.order.scope) if self.order.scope else None,
            allow_empty=contents.allow_empty,
            hints=not self.order.no_hints,
            reuse=None if self.order.fresh else known.text,
        )
        result = seal_secret(secret, self.certificate, options)
        for warning in result.warnings:
            self.console.warn(warning)
        for notice in size_warnings(result.sealed_secret, Where()):
            self.console.warn(notice.message, hint=notice.hint)
        return result.sealed_secret


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of the values in an existing file.

    Attributes:
        digests: The digests of earlier runs.
        certificate: What is sealed with.
        existing: The file; None when there is none.
    """

    digests: Digests
    certificate: "Certificate"
    existing: Existing | None

    def text(self, identity: Identity, item: str, value: "SecretBytes") -> str | None:
        """Return the ciphertext to keep for an item, None where it has to be sealed."""
        if self.existing is None:
            return None
        text = self.existing.sealed.encrypted_data.get(item)
        key = self.certificate.fingerprint
        is_kept = text is not None and self.digests.keeps(identity, item, key, text, value)
        return text if is_kept else None

    def holds(self, contents: Contents) -> bool:
        """Tell whether the file is known to hold just these contents."""
        if self.existing is None:
            return False
        sealed = self.existing.sealed
        return (
            sealed.template.type == contents.type
            and sealed.encrypted_data.keys() == contents.data.keys()
            and all(self.text(sealed.identity, *item) for item in contents.data.items())
        )

    def remember(self, identity: Identity, secret: Secret, texts: Mapping[str, str]) -> None:
        """Keep for later runs what was sealed."""
        for item, text in texts.items():
            key = self.certificate.fingerprint
            self.digests.remember(identity, item, key, text, secret.data[item])


def _secret(order: Order, contents: Contents, known: _Known) -> Secret:
    name = order.name
    if order.append_hash and known.existing and known.holds(contents):
        name = known.existing.sealed.name
    elif order.append_hash:
        name = random_name(order.name, length=ENDING_LENGTH)
    return Secret(
        order.namespace,
        name,
        contents.data,
        type=contents.type,
        immutable=True if order.immutable else None,
        labels=order.labels,
        annotations=order.annotations,
    )


def _write(
    order: Order, manifest: Mapping[str, object], existing: Existing | None, console: "Console"
) -> None:
    text = emit_json(manifest) if order.is_json else f"---\n{emit_yaml(manifest)}"
    if order.target is None:
        write_standard_output(text.encode())
        return
    check_replaceable(order, existing)
    with Outputs(makes_folders=bool(order.directory), console=console) as outputs:
        before = existing.data if existing else None
        outputs.write(order.target, text.encode(), expected=before)
        outputs.commit()


def _say(order: Order, secret: Secret, console: "Console") -> None:
    subject = f"{secret.namespace}/{secret.name}".removeprefix("/")
    items = counted(len(secret.data), "item")
    if order.target is None:
        console.remark(f"created {subject} with {items}")
    else:
        console.note(f"created {subject} with {items} in {order.target}, sealed")
