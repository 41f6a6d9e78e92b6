"""`sealer keys restore`: the keys of a backup back into a cluster, or into a folder."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, counted
from sealer.cli.errors import ConflictError
from sealer.cli.files.ignored import check_outside_git
from sealer.cli.files.output import Outputs
from sealer.cli.group import Command
from sealer.cli.keys.passphrase import passphrase_option
from sealer.cli.options import PATH, cluster_options, directory_option, keys_option, wish_of
from sealer.errors import OutputError, SealerError
from sealer.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sealer.backup.contents import Contents, KeptSecret
    from sealer.cli.cluster.keys import ClusterKeys
    from sealer.manifest import Secret


@click.command("restore", cls=Command)
@click.argument("file", metavar="FILE", type=PATH)
@directory_option("Write the key Secrets into DIR, for a controller without a cluster.")
@passphrase_option
@keys_option("Private keys for a backup that is sealed to certificates.")
@cluster_options
@click.option("--force", is_flag=True, help="Write into a git work tree all the same.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    directory: str,
    passphrase_fd: int | None,
    keys: tuple[str, ...],
    force: bool,
) -> None:
    """Put the keys of a backup back.

    They become Secrets of the cluster that kubectl reaches, or files in DIR, under their old
    names. What is there already and the same is skipped; a Secret of the same name with another
    key is refused, and then nothing is written.

    Example: sealer keys restore keys.backup -d restored --passphrase-fd 0 < password.txt
    """
    from sealer.cli.commands.keys_verify_backup import open_file

    check_outside_git(directory, force=force)
    container, contents = open_file(file, passphrase_fd, keys, ctx.obj)
    warn_of_faults(contents, ctx.obj)
    contents = noted(contents, container.created)
    if directory:
        restore_to_folder(contents, Path(directory), ctx.obj)
    else:
        restore_to_clusters(contents, ctx)


def noted(contents: "Contents", created: datetime) -> "Contents":
    """Note on each key that there is a backup with it, and of when."""
    from sealer.keystate import BACKED_UP_ANNOTATION, backed_up_note

    note = {BACKED_UP_ANNOTATION: backed_up_note(created)}
    return replace(
        contents,
        secrets=tuple(
            replace(
                kept, secret=replace(kept.secret, annotations={**kept.secret.annotations, **note})
            )
            for kept in contents.secrets
        ),
    )


def warn_of_faults(contents: "Contents", console: Console) -> None:
    """Say which keys of the backup cannot be used; they are restored all the same."""
    from sealer.backup.contents import check

    for each in check(contents, ()):
        if each.fault is not None:
            console.warn(f"Secret {each.secret.name} of the backup: {each.fault.message}")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, and how much is there already."""

    new: "list[KeptSecret]"
    same: int


def plan(
    contents: "Contents", existing: "Sequence[Secret | None]", fault: type[SealerError], place: str
) -> Plan:
    """Compare a backup with what is there.

    Args:
        contents: The backup.
        existing: What has the name of each of its Secrets.
        fault: The error to raise for another Secret of the same name.
        place: Where that is, for messages.

    Raises:
        SealerError: A Secret of the same name holds something else.
    """
    from sealer.keysecret import DIGEST_KEY

    faults = Faults()
    new: list[KeptSecret] = []
    for kept, there in zip(contents.secrets, existing, strict=True):
        if there is None:
            new.append(kept)
        elif there.data != kept.secret.data and kept.secret.name != DIGEST_KEY:
            message = f"{place} has another Secret {kept.secret.name}; nothing was restored"
            faults.add(fault(message, hint="compare the two; rename or delete the one there"))
    faults.check()
    return Plan(new, len(contents.secrets) - len(new))


def restore_to_folder(contents: "Contents", folder: Path, console: Console) -> None:
    """Write the key Secrets as manifests (controller.md 10).

    Raises:
        OutputError: A file is there and is another, or cannot be written; then none is.
        IdentityError: A name in the backup is none.
    """
    from sealer.scope import check_name

    for kept in contents.secrets:
        check_name(kept.secret.name)
    targets = [folder / f"{kept.secret.name}.yaml" for kept in contents.secrets]
    there = [
        secret_in(target, kept.secret.name)
        for target, kept in zip(targets, contents.secrets, strict=True)
    ]
    todo = plan(contents, there, OutputError, str(folder))
    with Outputs(is_private=True, makes_folders=True) as outputs:
        for kept in todo.new:
            outputs.write(folder / f"{kept.secret.name}.yaml", manifest_of(kept))
        outputs.commit()
    say(todo, str(folder), console)


def secret_in(file: Path, name: str) -> "Secret | None":
    """Return the Secret that a file of the folder holds; None when there is no such file.

    Raises:
        OutputError: The file holds something else.
    """
    from sealer.cli.files.inputs import read_input
    from sealer.keysecret import load_key_secrets

    if not file.exists():
        return None
    try:
        found = load_key_secrets(read_input(str(file)), origin=name, namespace="")
    except SealerError:
        found = []
    for secret in found:
        if secret.name == name:
            return secret
    raise OutputError(f"{file} exists and holds something else", hint="move it away")


def manifest_of(kept: "KeptSecret") -> bytes:
    """Return a key Secret as YAML, with the time of its creation, which may order the keys."""
    from sealer.documents.emit import emit_yaml

    manifest = kept.secret.to_object()
    metadata = manifest["metadata"]
    if kept.created and isinstance(metadata, dict):
        metadata["creationTimestamp"] = kept.created
    return emit_yaml(manifest).encode()


def restore_to_clusters(contents: "Contents", ctx: click.Context) -> None:
    """Create the Secrets in the namespace that they were in, or in the one that is named.

    Raises:
        ConflictError: A Secret of the same name is another one; then none is created.
        ClusterError: The cluster cannot be asked, or refuses.
    """
    from sealer.cli.cluster.keys import ClusterKeys
    from sealer.cli.cluster.kubectl import Kubectl
    from sealer.cli.commands.keys_backup import source_of

    source = source_of(ctx)
    recorded = {kept.secret.namespace for kept in contents.secrets}
    if wish_of(ctx).controller_namespace or len(recorded) != 1 or not all(recorded):
        namespace = source.controller_namespace
    else:
        (namespace,) = recorded
    cluster = ClusterKeys(Kubectl(source.context), namespace, ctx.obj)
    restore_to_cluster(contents, cluster, namespace, ctx.obj)


def restore_to_cluster(
    contents: "Contents", cluster: "ClusterKeys", namespace: str, console: Console
) -> None:
    """Create what is missing in one namespace.

    Raises:
        ConflictError: A Secret of the same name is another one; then none is created.
        ClusterError: The cluster cannot be asked, or refuses.
    """
    found = [cluster.get(kept.secret.name) for kept in contents.secrets]
    there = [kept.secret if kept else None for kept in found]
    todo = plan(contents, there, ConflictError, f"namespace {namespace}")
    for kept in todo.new:
        cluster.create(replace(kept.secret, namespace=namespace))
    say(todo, f"namespace {namespace}", console)
    if todo.new:
        console.note("a controller that does not watch its keys has to be restarted to load them")


def say(todo: Plan, place: str, console: Console) -> None:
    """Say what was done."""
    same = f"; there already: {todo.same}" if todo.same else ""
    console.note(f"restored {counted(len(todo.new), 'Secret')} into {place}{same}")
