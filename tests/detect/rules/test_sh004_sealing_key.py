"""SH004: the controller's private key is a finding of its own, because sealing it is no way out."""

import pytest

from sealer.backup.container import Container, Cost, PassphraseLock
from sealer.detect.secrets import SEALING_KEY_LABEL
from sealer.keysecret import KEY_LABEL
from tests.detect.table import SEALED, Row, found, name_of, row
from tests.support.vectors import KEYS, RECORDED

_LABELS = f"metadata: {{labels: {{{KEY_LABEL}: active}}}}\n"

MUST_FIND = [
    row("active key", f"kind: Secret\n{_LABELS}data: {{tls.key: YQ==}}\n", "tls.key"),
    row("key and certificate", f"kind: Secret\n{_LABELS}data: {{tls.crt: YQ==, tls.key: YQ==}}\n",
        "tls.crt", "tls.key"),
    row("in clear", f"kind: Secret\n{_LABELS}stringData: {{tls.key: x}}\n", "tls.key"),
    row("retired key", f"kind: Secret\n{_LABELS.replace('active', 'compromised')}"
        "data: {tls.key: YQ==}\n", "tls.key"),
    row("backup", f"kind: List\nitems: [{{kind: Secret, {_LABELS.strip()}, "
        "data: {tls.key: YQ==}}]", "tls.key"),
]  # fmt: skip

MUST_PASS = [
    row("empty", f"kind: Secret\n{_LABELS}data: {{tls.key: ''}}\n"),
    row("sealed", f"kind: Secret\n{_LABELS}data: {{tls.key: {SEALED}}}\n"),
    row("ConfigMap", f"kind: ConfigMap\n{_LABELS}data: {{tls.key: secret}}\n"),
    row("SealedSecret", f"kind: SealedSecret\n{_LABELS}spec: {{encryptedData: {{k: {SEALED}}}}}\n"),
    row("label selector", f"kind: Secret\nmatchLabels: {{{KEY_LABEL}: active}}\ndata: {{}}\n"),
]


@pytest.mark.parametrize(
    ("name", "count"),
    [("peer-a.secret.yaml", 1), ("peer-b.secret.yaml", 1), ("both.list.yaml", 2),
     ("both.list.json", 2)],
)  # fmt: skip
def test_scan_recorded_key_secret_is_found(name: str, count: int) -> None:
    """What the original's controller stored, and a List of it as a backup, is found."""
    expected = [("SH004", "tls.crt"), ("SH004", "tls.key")] * count
    assert sorted(found((KEYS / name).read_bytes())) == sorted(expected)


@pytest.mark.parametrize("case", MUST_FIND, ids=name_of)
def test_scan_sealing_key_is_found(case: Row) -> None:
    """It is found by its label, whatever its state."""
    assert found(case.data) == [("SH004", key) for key in case.keys]


@pytest.mark.parametrize("case", MUST_PASS, ids=name_of)
def test_scan_label_alone_passes(case: Row) -> None:
    """The label makes no value readable."""
    assert found(case.data) == []


def test_scan_encrypted_backup_passes() -> None:
    """`sealer keys backup` writes nothing that anyone can read."""
    lock = PassphraseLock(b"salt" * 4, Cost())
    backup = Container(RECORDED, (), lock, b"c" * 32, b"n" * 12, b"-----BEGIN PRIVATE KEY-----")
    assert found(backup.to_json()) == []


def test_scan_other_label_is_an_ordinary_secret() -> None:
    """Without the label it is a Secret like any other, which can be sealed."""
    text = "kind: Secret\nmetadata: {labels: {app: x}}\ndata: {tls.key: YQ==}\n"
    assert found(text.encode()) == [("SH001", "tls.key")]


def test_label_is_the_controllers() -> None:
    """Detector and key store mean the same label."""
    assert SEALING_KEY_LABEL == KEY_LABEL
