"""`sealer keys restore`: the keys of a backup back into a cluster, or into a folder."""

from contextlib import suppress
from dataclasses import replace
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

if TYPE_CHECKING:
    from sealer.backup.contents import Contents, KeptSecret
    from sealer.cli.cluster.keys import ClusterKeys
    from sealer.cli.keys.arrivals import Arrival
    from sealer.manifest import Secret

_ATTEMPTS = 5


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
    names. A key that is there already is skipped, whatever it is called there. Where a name is
    taken by another key, as by one that the controller has made meanwhile, that one stays, and the
    key of the backup gets the next name that is free: the name means nothing to what it opens.

    Example: sealer keys restore keys.backup -d restored --passphrase-fd 0 < password.txt
    """
    from sealer.backup.contents import noted
    from sealer.cli.commands.keys_verify_backup import open_file

    check_outside_git(directory, force=force)
    container, contents = open_file(file, passphrase_fd, keys, ctx.obj)
    warn_of_faults(contents, ctx.obj)
    contents = noted(contents, container.created)
    if directory:
        restore_to_folder(contents, Path(directory), ctx.obj)
    else:
        restore_to_clusters(contents, ctx)


def warn_of_faults(contents: "Contents", console: Console) -> None:
    """Say which keys of the backup cannot be used; they are restored all the same."""
    from sealer.backup.contents import check

    for each in check(contents, ()):
        if each.fault is not None:
            console.warn(f"Secret {each.secret.name} of the backup: {each.fault.message}")


def restore_to_folder(contents: "Contents", folder: Path, console: Console) -> None:
    """Write the key Secrets as manifests (controller.md 10).

    Raises:
        OutputError: A file is there and holds no Secret, or cannot be written; then none is.
        IdentityError: A name in the backup is none.
    """
    from sealer.cli.keys.arrivals import arrivals
    from sealer.scope import check_name

    for kept in contents.secrets:
        check_name(kept.secret.name)
    new = arrivals(contents, keys_in(folder), lambda name: secret_in(folder / f"{name}.yaml", name))
    with Outputs(is_private=True, makes_folders=True) as outputs:
        for each in new:
            outputs.write(folder / f"{each.kept.secret.name}.yaml", manifest_of(each.kept))
        outputs.commit()
    for each in new:
        say_name(each, console)
    say(len(new), len(contents.secrets) - len(new), str(folder), console)


def keys_in(folder: Path) -> "list[Secret]":
    """Return the key Secrets of the files of a folder; what cannot be read is none."""
    from sealer.cli.files.inputs import read_input
    from sealer.keysecret import load_key_secrets

    found: list[Secret] = []
    for file in sorted(folder.glob("*.yaml")):
        with suppress(SealerError):
            found += load_key_secrets(read_input(str(file)), origin=file.stem, namespace="")
    return found


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

    A controller makes a key as soon as there is none, and may take a name just before us: then we
    look again.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
    """
    written = 0
    for attempt in range(_ATTEMPTS):
        try:
            for each in missing_from(cluster, contents):
                cluster.create(replace(each.kept.secret, namespace=namespace))
                written += 1
                say_name(each, console)
            break
        except ConflictError:
            if attempt == _ATTEMPTS - 1:
                raise
    say(written, len(contents.secrets) - written, f"namespace {namespace}", console)
    if written:
        console.note("a controller that does not watch its keys has to be restarted to load them")


def missing_from(cluster: "ClusterKeys", contents: "Contents") -> "list[Arrival]":
    """Return what of a backup a cluster does not have.

    Raises:
        ClusterError: The cluster cannot be asked, or refuses.
    """
    from sealer.cli.keys.arrivals import arrivals

    def find(name: str) -> "Secret | None":
        kept = cluster.get(name)
        return kept.secret if kept else None

    return arrivals(contents, [each.secret for each in cluster.every()], find)


def say_name(arrival: "Arrival", console: Console) -> None:
    """Say that a Secret is not called as in the backup."""
    if arrival.former:
        name = arrival.kept.secret.name
        console.note(f"{arrival.former} is another Secret there: this one is now {name}")


def say(new: int, same: int, place: str, console: Console) -> None:
    """Say what was done."""
    there = f"; there already: {same}" if same else ""
    console.note(f"restored {counted(new, 'Secret')} into {place}{there}")
