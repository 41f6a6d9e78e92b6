"""Whatever a file's documents ask for, it is found out once for the file, and not without end.

Their numbers are such that once for each document would take longer than the suite's limit.
"""

from sealer.detect import scan
from sealer.detect.settings import Settings
from tests.detect.table import STANZA, TOKEN

_KUSTOMIZATION = "kind: Kustomization\n"


def test_scan_policy_of_many_documents_is_read_once() -> None:
    """It is none, and each of them finds that out from the first."""
    text = "---\nclusters: {}\n" * 4_000
    answer = scan(".sealer.yaml", text.encode(), Settings(lookup=lambda _: None))
    assert (answer.findings, answer.undecided) == ((), ())


def test_scan_certificate_under_two_slashes_is_looked_up() -> None:
    """The folder above such a path is the path itself, as POSIX has it."""
    asked: list[str] = []
    files: dict[str, bytes] = {}

    def look_up(path: str) -> bytes | None:
        asked.append(path)
        return files.get(path)

    settings = Settings(lookup=look_up)
    for folder in ("/", "//", "///"):
        scan(f"{folder}x/a.pem", b"-----BEGIN CERTIFICATE-----\n", settings)
    for name in ("", "x/"):
        assert {f"/{name}.sealer.yaml", f"//{name}.sealer.yaml"} <= set(asked)


def test_scan_rules_of_many_stanzas_share_their_steps() -> None:
    """Beyond them a rule covers nothing, so that a token is a finding and not a pass."""
    stanza = STANZA.replace("^(data|stringData)$", f"'{'a{0,990}' * 2}Z'")
    documents = (
        f"---\n{stanza}kind: Secret\nstringData:\n"
        + "".join(f"  {'a' * 245}{document}{key}: {TOKEN}\n" for key in range(3))
        for document in range(200)
    )
    answer = scan("a.yaml", "".join(documents).encode())
    assert len(answer.findings) == 600
    assert answer.undecided == ()


def test_scan_many_stanzas_with_the_same_keys_are_judged() -> None:
    """What is known of a key costs no step, so that a long file passes as its parts do."""
    stanza = STANZA.replace("^(data|stringData)$", "'a{0,400}Z|^stringData$'")
    document = f"---\n{stanza}kind: Secret\nstringData:\n  {'a' * 250}: {TOKEN}\n"
    answer = scan("a.yaml", (document * 20).encode())
    assert (answer.findings, answer.undecided) == ((), ())


def test_scan_many_patches_ask_their_kustomization_once() -> None:
    """Each is judged by the kind that the kustomization names."""
    patches = "patches:\n" + "- {path: x.yaml, target: {kind: ConfigMap}}\n" * 4_000
    kustomization = f"{_KUSTOMIZATION}{patches}- {{path: p.yaml, target: {{kind: Secret}}}}\n"
    asked: list[str] = []

    def look_up(path: str) -> bytes | None:
        asked.append(path)
        return kustomization.encode() if path == "kustomization.yaml" else None

    patch = "---\n- {op: add, path: /data/x, value: hunter2}\n"
    answer = scan("a/b/p.yaml", (patch * 3_000).encode(), Settings(lookup=look_up))
    assert answer.findings == ()  # it names another p.yaml
    answer = scan("p.yaml", (patch * 3_000).encode(), Settings(lookup=look_up))
    assert len(answer.findings) == 3_000
    assert len(asked) == len(set(asked)) + 1


def test_scan_many_generators_read_a_file_once() -> None:
    """In however many documents they stand."""
    asked: list[str] = []
    file = b"sops:\n" + b"- {a: b, c: d}\n" * 15_000

    def look_up(path: str) -> bytes:
        asked.append(path)
        return file

    text = f"---\n{_KUSTOMIZATION}secretGenerator: [{{name: a, files: [x]}}]\n" * 2_000
    answer = scan("kustomization.yaml", text.encode(), Settings(lookup=look_up))
    assert len(answer.findings) == 2_000
    assert asked.count("x") == 1


def test_scan_files_of_many_generators_are_too_large_together() -> None:
    """No document begins to count anew."""
    files = {f"{n}": f"{n}".encode() * (4 << 20) for n in range(6)}
    text = f"---\n{_KUSTOMIZATION}secretGenerator: [{{name: a, files: [%d]}}]\n"
    documents = "".join(text % n for n in range(6))
    answer = scan("kustomization.yaml", documents.encode(), Settings(lookup=files.get))
    assert answer.undecided
    assert len(answer.findings) < len(files)
