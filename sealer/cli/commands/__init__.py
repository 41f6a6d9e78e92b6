"""The subcommands: each module has a `command`, and under it plain functions without click."""
