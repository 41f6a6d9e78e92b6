"""`sealer keys backup`: every key of a cluster in one encrypted file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, counted
from sealer.cli.errors import ClusterError, WrongUsageError
from sealer.cli.files.ignored import check_outside_git
from sealer.cli.files.output import Outputs, check_absent
from sealer.cli.group import Command
from sealer.cli.keys.passphrase import new_passphrase, passphrase_option
from sealer.cli.options import (
    CommaPaths,
    cluster_options,
    keys_option,
    required_write_option,
    wish_of,
)

if TYPE_CHECKING:
    from sealer.backup.container import Container
    from sealer.backup.contents import Contents, KeptSecret
    from sealer.certsource import ClusterSource
    from sealer.cli.cluster.keys import ClusterKeys
    from sealer_keys.certificate import Certificate


@click.command("backup", cls=Command)
@required_write_option("The file to write.")
@click.option(
    "--recipient",
    "recipients",
    metavar="CERT",
    multiple=True,
    type=CommaPaths(),
    envvar="SEALER_RECIPIENT",
    help="Seal it to this certificate instead of a passphrase. May be given several times.",
)
@passphrase_option
@keys_option("Back up these key Secrets and PEM files instead of a cluster's.")
@cluster_options
@click.option("--force", is_flag=True, help="Replace an existing FILE; write into a git work tree.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    write: str,
    recipients: tuple[str, ...],
    passphrase_fd: int | None,
    keys: tuple[str, ...],
    force: bool,
) -> None:
    """Write all private keys of a cluster into one encrypted file.

    It holds every key Secret, whatever its state, and the key of the controller's digests; read
    through kubectl. A passphrase locks it, or the certificates of keys that are kept elsewhere.
    The key Secrets of the cluster are annotated with the time. Try it: sealer keys verify-backup.

    Example: sealer keys backup -w keys.backup --keys key.yaml --passphrase-fd 0 < password.txt
    """
    if recipients and passphrase_fd is not None:
        raise WrongUsageError("a backup has a passphrase or recipients, not both")
    # What git takes along can never be taken back, and passphrases are guessed at leisure.
    check_outside_git(write, force=force, otherwise="would stay in its history for ever")
    check_absent(Path(write), force=force)
    cluster = None if keys else cluster_of(ctx)
    contents = collect_from(cluster, keys, ctx)
    container = lock(contents, recipients, passphrase_fd, ctx.obj)
    with Outputs(is_private=True) as outputs:
        outputs.write(Path(write), container.to_json())
        outputs.commit()
    say(container, write, ctx.obj)
    if cluster is not None:
        note_in_cluster(cluster, contents.secrets, container, ctx.obj)


def source_of(ctx: click.Context) -> "ClusterSource":
    """Return the controller that the options ask for.

    Raises:
        WrongUsageError: A cluster was named that the policy does not have.
        PolicyError: The policy cannot be used.
    """
    from sealer.cli.certificates.certificates import Certificates

    return Certificates(wish_of(ctx), ctx.obj).controller_for(None)


def cluster_of(ctx: click.Context) -> "ClusterKeys":
    """Return the keys of the cluster that the options ask for.

    Raises:
        WrongUsageError: A cluster was named that the policy does not have.
        PolicyError: The policy cannot be used.
    """
    from sealer.cli.cluster.keys import ClusterKeys
    from sealer.cli.cluster.kubectl import Kubectl

    source = source_of(ctx)
    return ClusterKeys(Kubectl(source.context), source.controller_namespace, ctx.obj)


def collect_from(
    cluster: "ClusterKeys | None", keys: Sequence[str], ctx: click.Context
) -> "Contents":
    """Return what goes into the backup.

    Raises:
        EmptyKeyringError: There is no key.
        ClusterError: The cluster cannot be asked, or refuses.
        KeyFileError: A file cannot be used.
    """
    from sealer.backup.contents import collect, key_of
    from sealer.cli.keys.keyfiles import load_secrets
    from sealer.errors import SealerError
    from sealer_keys.errors import EmptyKeyringError

    if cluster is None:
        namespace = source_of(ctx).controller_namespace
        kept = load_secrets(keys, namespace, ctx.obj)
    else:
        digests = cluster.digest_key()
        kept = [*cluster.every(), *([digests] if digests else [])]
    contents = collect(kept)
    if not contents.canaries:
        raise EmptyKeyringError("there is no key to back up", hint="is it the right namespace?")
    for each in kept:
        key = key_of(each.secret)
        if isinstance(key, SealerError):
            message = f"Secret {each.secret.name} holds no usable key and is kept as it is"
            ctx.obj.warn(f"{message}: {key.message}")
    return contents


def lock(
    contents: "Contents", recipients: Sequence[str], passphrase_fd: int | None, console: Console
) -> "Container":
    """Return the locked backup.

    Raises:
        RecipientError: A certificate's key is in the backup.
        KeyFileError: A certificate cannot be used.
        WrongUsageError: There is no passphrase.
    """
    from sealer.backup.lock import lock_for_recipients, lock_with_passphrase

    keys = list(contents.canaries)
    now = datetime.now(UTC)
    if recipients:
        certificates = certificates_of(recipients, console)
        return lock_for_recipients(contents.pack(), certificates, created=now, keys=keys)
    passphrase = new_passphrase(passphrase_fd, console)
    return lock_with_passphrase(contents.pack(), passphrase, created=now, keys=keys)


def certificates_of(recipients: Sequence[str], console: Console) -> "list[Certificate]":
    """Return the certificates of recipients; validity does not matter for opening.

    Raises:
        KeyFileError: One cannot be used.
    """
    from sealer.certsource import Wish, parse_source
    from sealer.cli.certificates.certificates import Certificates

    names = [part for text in recipients for part in text.split(",") if part]
    certificates = Certificates(Wish(), console)
    return [certificates.load(parse_source(name)) for name in names]


def say(container: "Container", name: str, console: Console) -> None:
    """Say what was written."""
    from sealer_keys.fingerprint import short

    keys = ", ".join(map(short, container.keys))
    console.note(f"wrote {name} with {counted(len(container.keys), 'key')}: {keys}")
    console.note(f"keep a copy elsewhere, and try it: sealer keys verify-backup {name}")


def note_in_cluster(
    cluster: "ClusterKeys", kept: "Sequence[KeptSecret]", container: "Container", console: Console
) -> None:
    """Annotate the key Secrets with the time of the backup; a failure is no reason to fail."""
    from sealer.keystate import BACKED_UP_ANNOTATION, backed_up_note

    time = backed_up_note(container.created)
    for each in kept:
        try:
            cluster.annotate(each.secret.name, BACKED_UP_ANNOTATION, time)
        except ClusterError as error:
            message = f"Secret {each.secret.name} is backed up and could not be marked so"
            console.warn(f"{message}: {error.message}", hint=error.hint)
