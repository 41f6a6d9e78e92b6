"""`sealer create`: Secrets that are never readable in a file."""

from sealer.cli.group import LazyGroup

_TYPES = ("generic", "tls", "docker-registry", "basic-auth", "ssh-auth")

command = LazyGroup(
    name="create",
    modules={name: f"sealer.cli.commands.create_{name.replace('-', '_')}" for name in _TYPES},
    help="Make a Secret from files, variables, prompts or generators, and write it sealed.",
)
