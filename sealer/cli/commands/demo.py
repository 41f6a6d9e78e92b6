"""`sealer demo`: the main job end to end, with the real programs, in a temporary folder."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sealer.cli.errors import DemoError
from sealer.cli.files.output import write_standard_output
from sealer.cli.group import Command

if TYPE_CHECKING:
    from sealer.cli.stage import Stage

VALUE = "correct horse battery staple"
SECRET = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: shop
stringData:
  password: {VALUE}
"""
POLICY = """\
version: 1
clusters:
  demo: {{certificate: cluster.pem, fingerprint: "{fingerprint}"}}
default: demo
"""
KEYS = "../cluster/keys"
SECRETS = "../cluster/secrets"
CONTROLLER = ("sealer-controller", "--source", ".", "--target", SECRETS, "--keys", KEYS, "--once")


@click.command("demo", cls=Command)
def command() -> None:
    """Show the main job end to end: seal, commit, unseal.

    Uses git and the real programs in a temporary folder, and removes it. Needs the extra
    `controller`, and no cluster.

    Example: sealer demo
    """
    from tempfile import TemporaryDirectory

    from sealer.cli.stage import Stage

    with TemporaryDirectory(prefix="sealer-demo-") as folder:
        demonstrate(Stage(Path(folder)))


def demonstrate(stage: "Stage") -> None:
    """Go through the main job, step by step.

    Raises:
        DemoError: A program is missing, or a step did not go as it should.
    """
    stage.check_programs()
    say("A Secret's way through git. All of it happens in a temporary folder.")
    make_key(stage)
    make_repository(stage)
    refuse_readable_secret(stage)
    seal(stage)
    unseal(stage)
    refuse_copy(stage)
    say("\nThat was the main job; the folder is removed now. docs/cli.md has the rest.")


def say(text: str) -> None:
    """Print a line."""
    write_standard_output(f"{text}\n".encode())


def make_key(stage: "Stage") -> None:
    """Give the cluster its key pair."""
    say(
        "\n1. A cluster gets a key pair. The private key never leaves it; the certificate is for\n"
        "   everyone who wants to send it something."
    )
    (stage.folder / "cluster" / "keys").mkdir(parents=True)
    stage.run("sealer", "keys", "generate", "-w", f"{KEYS}/demo.key")


def make_repository(stage: "Stage") -> None:
    """Make a repository with the certificate, its pin and the hook."""
    from sealer_keys.certificate import load_certificate

    say(
        "\n2. A git repository gets the certificate, a policy that pins it, and the hook that\n"
        "   looks at every commit."
    )
    certificate = (stage.folder / "cluster" / "keys" / "demo.crt").read_bytes()
    stage.write("cluster.pem", certificate.decode())
    fingerprint = load_certificate(certificate).fingerprint
    stage.write(".sealer.yaml", POLICY.format(fingerprint=fingerprint))
    stage.run("git", "init", "--quiet")
    hook = stage.repository / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {shlex.quote(str(stage.program('sealer-hook')))} --staged\n")
    hook.chmod(0o755)
    commit(stage, "Seal for the demo cluster")


def commit(stage: "Stage", message: str) -> None:
    """Commit everything, through the hook."""
    stage.run("git", "add", ".")
    stage.run("git", "commit", "--quiet", "-m", message)


def refuse_readable_secret(stage: "Stage") -> None:
    """Try to commit a Secret as it is."""
    say("\n3. Somebody adds a Secret that anyone can read, and tries to commit it.")
    stage.show("db.yaml", SECRET)
    stage.run("git", "add", ".")
    stage.run("git", "commit", "-m", "Add the database password", expected=1)
    say("   The hook refused, and said how to go on.")


def seal(stage: "Stage") -> None:
    """Seal the Secret and commit it."""
    say("\n4. Sealed with the cluster's certificate, it may be committed.")
    stage.run("sealer", "seal", "--in-place", "db.yaml")
    text = (stage.repository / "db.yaml").read_text()
    stage.print(["$ cat db.yaml"])
    if VALUE in text:
        raise DemoError("the sealed file can still be read")
    stage.print(line if len(line) < 70 else f"{line[:60]}…" for line in text.splitlines())  # noqa: PLR2004 - a terminal's width
    commit(stage, "Add the database password")
    say("   The hook let it pass.")


def unseal(stage: "Stage") -> None:
    """Let the controller make the Secret, and compare."""
    say("\n5. In the cluster, the controller turns what is in git into the Secret again.")
    (stage.folder / "cluster" / "secrets").mkdir()
    stage.run(*CONTROLLER, quiet=True)
    made = stage.folder / "cluster" / "secrets" / "shop" / "db.yaml"
    if password_in(made) != VALUE:
        raise DemoError("the Secret that the controller made is not the one that was sealed")
    say(f"   It made {SECRETS}/shop/db.yaml, and the password in it is equal: {VALUE!r}")


def password_in(file: Path) -> str:
    """Return the password of a Secret on disk."""
    from sealer.sealing.stream import find_secrets

    (found,) = find_secrets(file.read_bytes()).secrets
    return found.secret.data["password"].reveal().decode()


def refuse_copy(stage: "Stage") -> None:
    """Copy the sealed file to another namespace, where it must not open."""
    say(
        "\n6. Somebody copies the sealed file into a namespace of their own, to read it there.\n"
        "   A value opens only under the name and namespace that it was sealed for."
    )
    stage.print(["$ sed 's/namespace: shop/namespace: mallory/' db.yaml > copy.yaml"])
    sealed = (stage.repository / "db.yaml").read_text()
    stage.write("copy.yaml", sealed.replace("namespace: shop", "namespace: mallory"))
    stage.run(*CONTROLLER, expected=1, quiet=True)
    status = json.loads(
        (stage.folder / "cluster" / "secrets" / ".sealer" / "status.json").read_text()
    )
    stage.print(reason_for("mallory", status["objects"]))
    if (stage.folder / "cluster" / "secrets" / "mallory").exists():
        raise DemoError("the copy opened in another namespace")
    say("   The controller refused the copy. The original goes on working.")


def reason_for(namespace: str, objects: Sequence[dict[str, str]]) -> list[str]:
    """Return why the object of a namespace did not open, line by line.

    Raises:
        DemoError: It did.
    """
    for each in objects:
        if each["namespace"] == namespace and each["message"]:
            return each["message"].splitlines()
    raise DemoError("the controller did not say why it refused the copy")
