"""A SOPS stanza protects what its rule covers, and only if somebody can open it."""

import pytest

from sealer.detect.sops import Stanza, is_token, read_stanza
from sealer.documents import read_stream
from tests.detect.table import STANZA, TOKEN

DATA = ("data", "password")


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"encrypted_regex": "^(data|stringData)$"},
        {"encrypted_regex": "(?i)PASS"},
        {"encrypted_regex": ".*word.*"},
        {"encrypted_regex": "^(.*user.*|.*pass.*|.*token.*|.*key.*)$"},
        {"encrypted_regex": "((?i)(pass|secret($|[^N])|token))"},
        {"encrypted_regex": "(?:tls|data)"},
        {"encrypted_regex": "[pq]ass|other"},
        {"encrypted_regex": r"^data\.?$"},
        {"encrypted_regex": "(a+)+$"},
        {"encrypted_suffix": "word"},
        {"unencrypted_suffix": "_unencrypted"},
        {"unencrypted_regex": "^(apiVersion|metadata|kind|type)$"},
        {"unencrypted_comment_regex": "x"},
        {"encrypted_comment_regex": "x"},
        {"mac_only_encrypted": "true"},
        {"encrypted_regex": "", "unencrypted_suffix": ""},
    ],
)
def test_covers_rule_that_encrypts_the_value(rules: dict[str, str]) -> None:
    """As SOPS decides by the keys that lead to a value."""
    assert Stanza(rules).covers(DATA)


@pytest.mark.parametrize(
    "rules",
    [
        {"encrypted_regex": "^stringData$"},
        {"encrypted_regex": ""} | {"encrypted_suffix": "_secret"},
        {"unencrypted_suffix": "word"},
        {"unencrypted_regex": "^data"},
        {"encrypted_regex": "("},
        {"encrypted_regex": "[z-a]"},
        {"encrypted_regex": "(?=data)"},
        {"encrypted_regex": "d" * 2000},
        {"unencrypted_regex": "(?!data)"},
        {"unencrypted_regex": "("},
    ],
)
def test_covers_rule_that_leaves_the_value_or_cannot_be_judged(rules: dict[str, str]) -> None:
    """A rule that leaves the value in clear protects nothing, nor does one that Go refuses."""
    assert not Stanza(rules).covers(DATA)


def test_covers_without_a_rule_leaves_what_is_marked_so() -> None:
    """Where the stanza has no rule, the suffix counts that SOPS takes by default."""
    assert Stanza({}).covers(("a", "b"))
    assert not Stanza({}).covers(("a_unencrypted", "b"))
    assert Stanza({"encrypted_regex": "."}).covers(("a_unencrypted", "b"))


def test_covers_hostile_keys_are_judged_in_bounded_work() -> None:
    """So many steps are taken for one document; keys that are not tried are not covered."""
    for rule in ("encrypted_regex", "unencrypted_regex"):
        stanza = Stanza({rule: "x*x*b{1000}"})
        answers = [stanza.covers(("x" * 250 + str(n),)) for n in range(100)]
        assert answers[-1] is False


@pytest.mark.parametrize(
    ("change", "replacement"),
    [
        ("  mac: ", "  mac: x"),
        ("  mac: ", "  mic: "),
        ("    enc: |", "    inc: |"),
        ("  age:", "  rage:"),
        ("sops:", "sopt:"),
        ("sops:", "sops: {}\nsops:"),
    ],
)
def test_read_stanza_without_what_opens_it_is_none(change: str, replacement: str) -> None:
    """A stanza needs a message authentication code and a key that somebody holds."""
    document = read_stream(STANZA.replace(change, replacement, 1).encode()).documents[0]
    assert document.root is not None
    assert read_stanza(document.root) is None


def test_read_stanza_of_two_is_none() -> None:
    """Which of two stanzas SOPS would take is anybody's guess."""
    (document,) = read_stream(f"{STANZA}sops: {{}}\n".encode()).documents
    assert document.root is not None
    assert read_stanza(document.root) is None


def test_read_stanza_recipients_in_groups_count() -> None:
    """Threshold encryption nests the recipients."""
    text = f"sops: {{mac: '{TOKEN}', key_groups: [{{pgp: [{{enc: x}}]}}]}}\n"
    (document,) = read_stream(text.encode()).documents
    assert document.root is not None
    stanza = read_stanza(document.root)
    assert stanza is not None
    assert stanza.rules == Stanza({}).rules


@pytest.mark.parametrize(
    "text",
    ["", "ENC[]", "ENC[hunter2]", TOKEN[:-1], TOKEN + "x", TOKEN.replace("GCM", "CBC"), "x" + TOKEN,
     TOKEN.replace("iv:A", "iv:"), TOKEN.replace("type:str", "type:x")],
)  # fmt: skip
def test_is_token_other_text_is_none(text: str) -> None:
    """A token has the sizes that SOPS writes."""
    assert is_token(TOKEN)
    assert not is_token(text)
