"""What people are told: the original's words first, exactly, and then what it never said."""

import pytest

from sealer.errors import (
    CorruptCiphertextError,
    ElsewhereError,
    EncodingError,
    FrameError,
    NoMatchingKeyError,
    OtherSizeError,
    RetryableError,
    SealerError,
    TemplateError,
    TerminalError,
    UnsealError,
)
from sealer_controller.errors import (
    ChangedMeanwhileError,
    ChangedTypeError,
    ImmutableSecretError,
    InternalError,
    NotManagedError,
    NotRecreatedError,
    PutBackError,
    RejectedError,
    UnchangeableError,
)
from sealer_controller.objects import Event
from sealer_controller.outcome import Reason, Step
from sealer_controller.verdict import judge
from tests.controller.memory import SHOP_DB

KEYS = [f"SHA256:{letter * 43}" for letter in "abcdefg"]


def _not_updated(message: str) -> Event:
    return Event("Warning", "ErrUpdateFailed", message)


def test_judge_success_is_told_in_the_originals_words() -> None:
    """An empty message and the original's Event."""
    verdict = judge(SHOP_DB, None)
    assert (verdict.reason, verdict.message, verdict.failed_at) == (Reason.UNSEALED, "", None)
    assert verdict.event == Event("Normal", "Unsealed", "SealedSecret unsealed successfully")


def test_judge_not_managed_prefixes_the_condition_and_not_the_event() -> None:
    """The condition says `failed update: ` first, the Event does not; the way out follows."""
    verdict = judge(SHOP_DB, NotManagedError("db"))
    text = 'Resource "db" already exists and is not managed by SealedSecret'
    first, hint = verdict.message.split("\n")
    assert first == f"failed update: {text}"
    assert 'sealedsecrets.bitnami.com/managed: "true"' in hint
    assert verdict.event == _not_updated(text)
    assert (verdict.reason, verdict.failed_at) == (Reason.NOT_MANAGED, Step.UNMANAGED)


def test_judge_immutable_has_the_servers_condition_and_the_originals_event() -> None:
    """The condition passes on the server's words; the Event explains, in the original's."""
    verdict = judge(SHOP_DB, ImmutableSecretError("the server's words"))
    first, hint = verdict.message.split("\n")
    assert (verdict.reason, first) == (Reason.IMMUTABLE, "the server's words")
    assert 'sealer.dev/recreate: "true"' in hint
    assert verdict.event == _not_updated(
        "Error updating shop/db: the target Secret is immutable. Once a Secret is marked as "
        "immutable, it is not possible to revert this change nor to mutate the contents of the "
        "data field. You can only delete and recreate the Secret."
    )


def test_judge_changed_type_has_the_servers_words_and_the_way_out() -> None:
    """The original knows no words of its own for it; the reason is that of an immutable one."""
    verdict = judge(SHOP_DB, ChangedTypeError("the server's words"))
    first, hint = verdict.message.split("\n")
    assert (verdict.reason, first) == (Reason.IMMUTABLE, "the server's words")
    assert 'sealer.dev/recreate: "true"' in hint
    assert verdict.event == _not_updated("the server's words")


@pytest.mark.parametrize("refusal", [ImmutableSecretError("words"), ChangedTypeError("words")])
def test_judge_secret_that_may_not_be_recreated_says_why(refusal: UnchangeableError) -> None:
    """First what the original says, then what is missing; the Event is the original's."""
    verdict = judge(SHOP_DB, NotRecreatedError(refusal, hint="a right is missing"))
    assert verdict.message == "words\na right is missing"
    assert verdict.reason is Reason.IMMUTABLE
    assert verdict.event == judge(SHOP_DB, refusal).event


def test_judge_secret_that_was_put_back_says_so() -> None:
    """The store's words about the new one first."""
    verdict = judge(SHOP_DB, PutBackError("words", hint="it is put back"))
    assert (verdict.reason, verdict.message) == (Reason.INVALID, "words\nit is put back")
    assert verdict.event == _not_updated("words")


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (RejectedError("words"), Reason.INVALID),
        (TerminalError("words"), Reason.API_ERROR),
        (RetryableError("words"), Reason.API_ERROR),
        (ChangedMeanwhileError("words"), Reason.API_ERROR),
        (SealerError("words"), Reason.API_ERROR),
        (InternalError("words"), Reason.INTERNAL_ERROR),
    ],
)
def test_judge_failed_update_passes_the_message_on(failure: SealerError, reason: Reason) -> None:
    """Condition and Event hold the store's own words."""
    verdict = judge(SHOP_DB, failure)
    assert (verdict.reason, verdict.message, verdict.failed_at) == (reason, "words", Step.UPDATE)
    assert verdict.event == _not_updated("words")


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ({}, Reason.MALFORMED),
        ({"a": NoMatchingKeyError("")}, Reason.NO_MATCHING_KEY),
        ({"a": NoMatchingKeyError(""), "b": NoMatchingKeyError("")}, Reason.NO_MATCHING_KEY),
        ({"a": NoMatchingKeyError(""), "b": EncodingError(3)}, Reason.MALFORMED),
        ({"a": FrameError("")}, Reason.MALFORMED),
        ({"a": OtherSizeError("")}, Reason.NO_MATCHING_KEY),
        ({"a": ElsewhereError(""), "b": OtherSizeError("")}, Reason.NO_MATCHING_KEY),
        ({"a": CorruptCiphertextError("")}, Reason.MALFORMED),
        ({"a": TemplateError("", entry="a")}, Reason.TEMPLATE_ERROR),
    ],
)
def test_judge_unseal_error_gives_the_reason_of_its_faults(
    faults: dict[str, SealerError], reason: Reason
) -> None:
    """A missing key is told apart from a damaged object, which no key can cure."""
    verdict = judge(SHOP_DB, UnsealError("text", faults=faults))
    assert (verdict.reason, verdict.failed_at) == (reason, Step.UNSEAL)
    assert verdict.event == Event("Warning", "ErrUnsealFailed", "Failed to unseal: text")


def test_judge_unseal_error_explains_what_was_tried_behind_the_originals_lines() -> None:
    """Later lines name item, identity and keys tried, and what to do, each once."""
    hint = "sealed for another name"
    faults: dict[str, SealerError] = {
        "b": NoMatchingKeyError("no key opens it as shop/db (7 tried)", tried=KEYS, hint=hint),
        "a": NoMatchingKeyError("no key opens it as shop/db (1 tried)", tried=KEYS[:1], hint=hint),
        "c": EncodingError(3),
        "": FrameError("too short"),
    }
    tried = ", ".join(letter * 16 for letter in "abcde")
    verdict = judge(SHOP_DB, UnsealError("first\nsecond", faults=faults, hint="read this"))
    assert verdict.message.split("\n") == [
        "first",
        "second",
        "too short",
        "item a: no key opens it as shop/db (1 tried); tried aaaaaaaaaaaaaaaa",
        f"item b: no key opens it as shop/db (7 tried); tried {tried} and 2 more",
        "read this",
        hint,
    ]
    assert verdict.event.message == "Failed to unseal: first\nsecond"


def test_judge_object_of_another_place_says_which_and_what_to_do_once() -> None:
    """What all items have in common stands there once, with their names."""
    fault = ElsewhereError("sealed for team-a/db, this object is team-b/db", hint="move it")
    faults: dict[str, SealerError] = dict.fromkeys(("b", "a"), fault)
    verdict = judge(SHOP_DB, UnsealError("no key could decrypt secret (a, b)", faults=faults))
    assert verdict.message.split("\n") == [
        "no key could decrypt secret (a, b)",
        "items a, b: sealed for team-a/db, this object is team-b/db",
        "move it",
    ]
    assert verdict.event.message == "Failed to unseal: no key could decrypt secret (a, b)"


@pytest.mark.parametrize("explanation", ["", "\nitem a: why", "\none\ntwo"])
def test_verdict_knows_its_text_whatever_is_explained_behind_it(explanation: str) -> None:
    """An explanation that comes or goes is no news; other text is."""
    verdict = judge(SHOP_DB, UnsealError("one\ntwo"))
    assert verdict.is_told_by("one\ntwo" + explanation)
    assert not verdict.is_told_by("one" + explanation)
    assert not verdict.is_told_by("one\ntwo and more" + explanation)


def test_verdict_text_that_is_too_long_is_known_all_the_same() -> None:
    """What was written is what was cut."""
    verdict = judge(SHOP_DB, UnsealError("x" * 20_000, hint="do this"))
    assert verdict.is_told_by(verdict.message)


@pytest.mark.parametrize("reason", Reason)
def test_reason_of_a_failure_is_final_unless_it_may_pass(reason: Reason) -> None:
    """Only the API server's faults, and ours, can pass by themselves."""
    passing = {Reason.UNSEALED, Reason.API_ERROR, Reason.INTERNAL_ERROR}
    assert reason.is_final is (reason not in passing)


def test_judge_object_with_thousands_of_faults_is_told_in_bounds() -> None:
    """A status must fit into the object, whatever the object holds."""
    faults: dict[str, SealerError] = {f"{at:04}": FrameError("odd") for at in range(3_000)}
    text = f"no key could decrypt secret ({', '.join(faults)})"
    verdict = judge(SHOP_DB, UnsealError(text, faults=faults))
    assert len(verdict.message) == len(verdict.event.message) == 16_384
    assert verdict.message.startswith(text[:16_000])
    few = judge(SHOP_DB, UnsealError("text", faults=faults)).message.split("\n")
    named = ", ".join(f"{at:04}" for at in range(20))
    assert few == ["text", f"items {named}: odd", "and 2980 more items"]
