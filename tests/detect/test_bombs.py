"""Hostile files are answered in bounded work, and never taken for clean."""

import pytest

from sealer.detect import scan

_SECRET = "kind: Secret\ndata: {a: YQ==}\n"
_ALIASES = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
_CHAIN = "- &m0 {}\n" + "".join(f"- &m{n} {{<<: *m{n - 1}}}\n" for n in range(1, 999))


@pytest.mark.parametrize(
    "text",
    [
        "x: " + "[" * 10_000 + "\n# kind: Secret, data\n",
        "kind: Secret\ndata: " + "{a: " * 10_000,
        "kind: Secret\ndata:\n" + "- " * 10_000,
        '{"kind":"Secret","data":' + '{"a":' * 10_000,
        f"a0: &a0 [x]\n{_ALIASES}kind: Secret\ndata: *a11\n",
        f"{_CHAIN}- kind: Secret\n  data: {{}}\n",
        "".join(f"%TAG !a{n}! x\n" for n in range(200)) + f"---\n{_SECRET}",
    ],
    ids=["flow", "mappings", "sequences", "json", "aliases", "merges", "tags"],
)
def test_scan_bomb_is_undecided(text: str) -> None:
    """A limit ends the reading, and nobody pretends that the rest was clean."""
    assert scan("a", text.encode()).undecided


@pytest.mark.parametrize(
    "text",
    [
        "---\na\n" * 101 + f"---\n{_SECRET}",
        "{}" * 101 + '{"kind":"Secret","data":{}}',
        f'[{"0," * 101}{{"kind":"Secret","data":0}}]',
        "- a\n" * 101 + "- {kind: Secret, data: a}\n",
    ],
    ids=["documents", "json documents", "json nodes", "nodes"],
)
def test_scan_huge_file_is_undecided(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """As it is for a file that only goes on for too long; the limits are lowered to be reached."""
    for limit in ("stream.MAXIMUM_DOCUMENTS", "json.MAXIMUM_NODES", "yaml.MAXIMUM_NODES"):
        monkeypatch.setattr(f"sealer.documents.{limit}", 100)
    assert scan("a", text.encode()).undecided


def test_scan_secret_beside_a_bomb_is_found() -> None:
    """Documents stand alone: a bomb in one hides nothing in another."""
    answer = scan("a", f"x: {'[' * 10_000} Secret data\n---\n{_SECRET}".encode())
    assert [finding.key for finding in answer.findings] == ["a"]
    assert answer.undecided


def test_scan_shared_value_is_judged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One long value that aliases bring to many places is decoded at one of them."""
    judged: list[str] = []
    monkeypatch.setattr(
        "sealer.detect.values.readable_length", lambda text, **_: judged.append(text)
    )
    scan("a", b"v: &v x\nl:\n" + b"- {kind: Secret, stringData: {a: *v}}\n" * 9)
    assert judged == ["x"]


def test_scan_endless_findings_are_cut() -> None:
    """The list of findings ends, and says so."""
    text = "kind: Secret\nstringData:\n" + "".join(f"  k{n}: v\n" for n in range(10_001))
    answer = scan("a", text.encode())
    assert len(answer.findings) == 10_000
    assert [place.line for place in answer.undecided] == [10_003]


@pytest.mark.parametrize(
    "text",
    [
        # One long text, brought to many places by aliases.
        f"v: &v {'x' * 500_000}\nl:\n" + "- {kind: Secret, stringData: {a: *v}}\n" * 5_000,
        f"v: &v {'x' * 500_000}\nl:\n" + "- {kind: *v, *v : *v, data: *v}\n" * 5_000 + _SECRET,
        f"v: &v {{a: {'x' * 500_000}}}\nl:\n" + "- {kind: Secret, data: *v}\n" * 5_000,
        f"v: &v '{'kind: Secret, data: ' * 20_000}'\nl:\n"
        + "- {kind: Secret, metadata: {annotations: {a: *v}}}\n" * 5_000,
        # Text that does not parse, against every pattern of the line and brace readers.
        "kind: Secret\ndata:\n\ta: x" + " " * 500_000 + "y\n",
        "kind: Secret\ndata:\n\t" + "{{if " * 100_000 + "\n",
        "kind: Secret\ndata:\n\t" + "{{ " * 100_000 + "}}\n",
        "kind: Secret\ndata:\n\ta: " + "!x " * 200_000 + "\n",
        "kind: Secret\ndata:\n\ta: '" + "''" * 200_000 + "\n",
        "kind: Secret\ndata:\n\t" + "a" * 500_000 + "\n",
        "kind: Secret\ndata:\n" + "\ta: x\n" * 50_000,
        "\t\n" + "kind: Secret\n" * 50_000 + "data: {}\n",
        "\t\n" + "".join(" " * (n % 300) + "kind: Secret\n" for n in range(20_000)) + "data: x\n",
        "\t: {\n" + "".join(f"{' ' * n}kind: Secret\n{' ' * n}data:\n" for n in range(1500)),
        "\t: {\n" + "".join(f"{' ' * n}kind: Secret\n{' ' * n}data:\n" for n in range(90)) * 50,
        "\t: {\n" + "kind: Secret\n" * 20_000 + "data:\n" * 20_000,
        '{"kind":"Secret","data":' + '{"data":' * 199 + "\t]" + ' "data":{' * 50_000,
        '{"kind":"Secret","data":{' + '"a" ' * 100_000,
        '{"kind":"Secret",' * 20_000 + '"data":{"a":"b"',
        '{"kind":"Secret","data":{"a":"' + "\\" * 500_001,
        "{" * 100 + "\t kind: Secret," + " \t" * 200_000 + "data: {a: b}",
        "<<" * 200_000 + "\n\tkind: Secret\n\tdata: {a: b\n",
        "%" * 200_000 + "\nkind: Secret\ndata: {\n",
        "#\n" * 200_000 + "\tkind: Secret\n\tdata: {\n",
    ],
)
def test_scan_hostile_text_is_answered(text: str) -> None:
    """Work grows with the text and not with its square: the suite's time limit would tell."""
    answer = scan("a", text.encode())
    assert len(answer.findings) + len(answer.undecided) <= 50_001
