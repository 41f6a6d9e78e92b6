"""`sealer keys`: the private keys of a cluster."""

from sealer.cli.group import LazyGroup

command = LazyGroup(
    name="keys",
    modules={"generate": "sealer.cli.commands.keys_generate"},
    help="Make and keep the private keys of a cluster.",
)
