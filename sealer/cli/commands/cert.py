"""`sealer cert`: the certificates that values are sealed with."""

from sealer.cli.group import LazyGroup

command = LazyGroup(
    name="cert",
    modules={"show": "sealer.cli.commands.cert_show"},
    help="Look at the certificates that values are sealed with.",
)
