"""`sealer keys`: the private keys of a cluster."""

from sealer.cli.group import LazyGroup

_COMMANDS = "sealer.cli.commands.keys_"
_NAMES = (
    "generate",
    "list",
    "backup",
    "verify-backup",
    "restore",
    "compromise",
    "retire",
)

command = LazyGroup(
    name="keys",
    modules={name: _COMMANDS + name.replace("-", "_") for name in _NAMES},
    help="Make, back up and watch over the private keys of a cluster.",
)
