"""`sealer git`: what a repository needs for sealed files."""

from sealer.cli.group import LazyGroup

_COMMANDS = "sealer.cli.commands.git_"

command = LazyGroup(
    name="git",
    modules={
        "install": _COMMANDS + "install",
        "uninstall": _COMMANDS + "uninstall",
        "textconv": _COMMANDS + "textconv",
        "merge-driver": _COMMANDS + "merge_driver",
    },
    help="Let a git repository refuse readable Secrets, and show and merge sealed ones by item.",
)
