"""`sealer cert`: the certificates that values are sealed with."""

from sealer.cli.group import LazyGroup

_COMMANDS = "sealer.cli.commands.cert_"

command = LazyGroup(
    name="cert",
    modules={name: _COMMANDS + name for name in ("fetch", "show", "check")},
    help="Fetch, look at and check the certificates that values are sealed with.",
)
