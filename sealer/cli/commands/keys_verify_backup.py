"""`sealer keys verify-backup`: does a backup open, and do its keys open what they should?"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sealer.cli.console import Console, printable
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command
from sealer.cli.jsontext import json_text
from sealer.cli.keys.passphrase import passphrase_option
from sealer.cli.options import PATH, json_option, keys_option

if TYPE_CHECKING:
    from sealer.backup.container import Container
    from sealer.backup.contents import Contents, KeyCheck


@click.command("verify-backup", cls=Command)
@click.argument("file", metavar="FILE", type=PATH)
@passphrase_option
@keys_option("Private keys for a backup that is sealed to certificates.")
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    *,
    file: str,
    passphrase_fd: int | None,
    keys: tuple[str, ...],
    as_json: bool,
) -> int:
    """Prove that a backup can be used.

    It is opened, and so is a canary value for each key, which was sealed with the key's
    certificate when the backup was made. Exits with 1 when one does not open, with 4 when the
    file cannot be read or the passphrase is wrong.

    --json prints {"created", "keys": [...]}, each with name, fingerprint, verified and fault.

    Example: sealer keys verify-backup keys.backup --passphrase-fd 0 < password.txt
    """
    from sealer.backup.contents import check

    container, contents = open_file(file, passphrase_fd, keys, ctx.obj)
    checks = check(contents, container.keys)
    text = as_document(container, checks) if as_json else as_text(container, checks)
    write_standard_output(text.encode())
    return 1 if any(each.fault and each.fingerprint for each in checks) else 0


def open_file(
    file: str, passphrase_fd: int | None, keys: Sequence[str], console: Console
) -> "tuple[Container, Contents]":
    """Return a backup and what is in it.

    Raises:
        KeyFileError: It cannot be read, or does not open.
        WrongUsageError: It has a passphrase, and there is no way to ask for it.
    """
    from sealer.cli.keys.keyfiles import load_keyring, open_backup, read_backup
    from sealer_keys.keyring import Keyring

    locked = read_backup(file)
    keyring = load_keyring(keys, console) if keys else Keyring()
    return locked.container, open_backup(locked, keyring, passphrase_fd)


def as_document(container: "Container", checks: "Sequence[KeyCheck]") -> str:
    """Return what was found as JSON."""
    rows = [
        {
            "name": each.secret.name,
            "fingerprint": each.fingerprint or None,
            "verified": each.fault is None,
            "fault": each.fault.message if each.fault else "",
        }
        for each in checks
    ]
    created = f"{container.created:%Y-%m-%dT%H:%M:%SZ}"
    return json_text({"created": created, "keys": rows}) + "\n"


def as_text(container: "Container", checks: "Sequence[KeyCheck]") -> str:
    """Return what was found, a line for each Secret."""
    lines = [f"backup of {container.created:%Y-%m-%d %H:%M:%S} UTC"]
    for each in checks:
        name = each.secret.name or "(missing)"
        if each.fault is None:
            state = "opens its canary" if each.fingerprint else "the digest key"
        elif each.fingerprint:
            state = f"FAILED: {each.fault.message}"
        else:
            state = f"was no usable key when it was backed up: {each.fault.message}"
        lines.append(" ".join(part for part in (name, each.fingerprint, state) if part))
    return "".join(f"{printable(line)}\n" for line in lines)
