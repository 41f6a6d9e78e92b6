"""The diff and the merge driver, in the repository's own configuration."""

from sealer.cli.gitsetup.programs import CLIENT, find_program, merge_command, textconv_command
from sealer.cli.gitsetup.repository import Repository

_TEXTCONV = "diff.sealer.textconv"
_NAME = "merge.sealer.name"
_DRIVER = "merge.sealer.driver"


class Settings:
    """The settings that the attributes refer to."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def missing(self) -> list[str]:
        """Return the settings that are not there or differ."""
        return [
            f"the setting {name} is missing or differs"
            for name, value in _wanted().items()
            if self._repository.setting(name) != value
        ]

    def check(self) -> None:
        """Find the program that the settings name.

        Raises:
            InputError: It is not installed.
        """
        _wanted()

    def install(self) -> None:
        """Write the settings that are not there yet."""
        for name, value in _wanted().items():
            if self._repository.setting(name) != value:
                self._repository.set(name, value)

    def uninstall(self) -> None:
        """Take the settings away, and no other of the same section."""
        for name in (_TEXTCONV, _NAME, _DRIVER):
            self._repository.unset(name)


def _wanted() -> dict[str, str]:
    program = find_program(CLIENT)
    return {
        _TEXTCONV: textconv_command(program),
        _NAME: "SealedSecrets, item by item",
        _DRIVER: merge_command(program),
    }
