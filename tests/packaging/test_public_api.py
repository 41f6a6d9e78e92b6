"""The library's public names are a promise, and importing it costs next to nothing."""

import subprocess
import sys

import pytest

import sealer

PUBLIC = {
    "Certificate", "Identity", "KeyPair", "Keyring", "ManyErrors", "Scope", "SealOptions",
    "SealedSecret", "SealerError", "Secret", "SecretBytes", "UnsealError", "UnsealOptions",
    "load_certificate", "load_keys", "read_sealed_secret", "read_secret", "seal_secret",
    "unseal_secret",
}  # fmt: skip
HEAVY = ("cryptography", "yaml", "click", "git", "aiohttp", "msgspec", "asyncio")


def test_public_api_is_exactly_what_is_promised() -> None:
    """A name added or lost is a decision, not an accident."""
    assert set(sealer.__all__) == PUBLIC
    assert set(dir(sealer)) == PUBLIC | {"__version__"}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_name_can_be_loaded(name: str) -> None:
    """Every promised name is there."""
    assert getattr(sealer, name).__name__ == name


def test_public_api_unknown_name_is_an_attribute_error() -> None:
    """A typing error says so, as for any module."""
    with pytest.raises(AttributeError, match="no attribute 'seal_everything'"):
        _ = sealer.seal_everything


def _loaded(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(' '.join(sys.modules))"
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name for name in HEAVY if name in output.split()}


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("import sealer", set()),
        ("import sealer.cli.main", {"click"}),
        ("import sealer_hooks.main", set()),
        ("import sealer.detect", set()),
    ],
)
def test_import_of_an_entry_point_loads_nothing_heavy(statement: str, allowed: set[str]) -> None:
    """Start-up budgets are kept by what is not imported."""
    assert _loaded(statement) <= allowed
