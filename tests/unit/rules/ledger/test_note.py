"""Signed notes: the C2SP format to the byte, and nothing that was touched is opened."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.ledger.note import (
    NotANote,
    Proof,
    Signer,
    TreeHead,
    Verifier,
    opened,
    read_checkpoint,
    read_proof,
    read_signer,
    read_verifier,
    signed,
)

# the example of Go's golang.org/x/mod/sumdb/note: key, text and signature come from another implementation
GO_SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
GO_SIGNATURE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SIGNER = Signer("park-gateway/0123456789abcdef", b"\x07" * 32)
HEAD = TreeHead(SIGNER.name, 42, b"\x01" * 32, "2026-10-31T16:00:00Z")


def test_the_keys_of_another_implementation_are_read_and_written_alike() -> None:
    signer = read_signer(GO_SIGNER)
    assert signer.text == GO_SIGNER
    assert signer.verifier.text == GO_VERIFIER
    assert read_verifier(GO_VERIFIER) == signer.verifier


def test_the_signature_is_the_one_that_another_implementation_makes() -> None:
    class Text(TreeHead):
        @property
        def text(self) -> str:
            return GO_TEXT

    assert signed(Text("", 0, b""), read_signer(GO_SIGNER)) == f"{GO_TEXT}\n{GO_SIGNATURE}"


def test_a_checkpoint_is_three_lines_the_time_an_empty_line_and_a_signature() -> None:
    note = signed(HEAD, SIGNER)
    lines = note.split("\n")
    assert lines[:5] == [SIGNER.name, "42", "AQEB" * 10 + "AQE=", "time 2026-10-31T16:00:00Z", ""]
    assert lines[5].startswith(f"— {SIGNER.name} ")
    assert lines[6:] == [""]
    assert opened(note, [SIGNER.verifier]) == HEAD


def test_a_checkpoint_of_another_program_says_no_time() -> None:
    head = TreeHead("example.com/log", 0, b"\x02" * 32)
    assert opened(signed(head, SIGNER), [SIGNER.verifier]) == head


@given(st.data())
def test_no_note_opens_after_any_byte_of_it_was_changed(data: st.DataObject) -> None:
    raw = bytearray(signed(HEAD, SIGNER).encode())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotANote):
        opened(raw.decode("utf-8", errors="replace"), [SIGNER.verifier])


def test_the_signature_of_another_key_is_not_enough() -> None:
    other = Signer(SIGNER.name, b"\x08" * 32)
    with pytest.raises(NotANote, match="not signed by a key that is known"):
        opened(signed(HEAD, other), [SIGNER.verifier])


def test_a_witness_may_sign_too() -> None:
    witness = Signer("witness.example", b"\x09" * 32)
    line = signed(HEAD, witness).rpartition("\n\n")[2]
    assert opened(signed(HEAD, SIGNER) + line, [SIGNER.verifier]) == HEAD


@pytest.mark.parametrize(
    "note",
    [
        "", "\n\n", "a\n1\nAA==\n\n— a AAAAAAA=\n", "a\n01\n" + "AQEB" * 10 + "AQE=\n\n— a AAAAAAA=\n", "x" * 100_000,
        "a\n-1\n" + "AQEB" * 10 + "AQE=\n\n— a AAAAAAA=\n", "a\n1\n" + "AQEB" * 10 + "AQE=\n\n- a AAAAAAA=\n",
    ],
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(note: str) -> None:
    with pytest.raises(NotANote):
        read_checkpoint(note)


@given(st.text())
def test_no_text_makes_the_readers_fail_otherwise(text: str) -> None:
    for read in (read_checkpoint, read_signer, read_verifier, read_proof):
        with pytest.raises(NotANote):
            read(text)


def test_a_proof_is_read_back() -> None:
    proof = Proof(17, (b"\x03" * 32, b"\x04" * 32), signed(HEAD, SIGNER))
    assert proof.text.startswith("c2sp.org/tlog-proof@v1\nindex 17\nAwMD")
    assert read_proof(proof.text) == proof
    assert read_proof(Proof(0, (), proof.note).text).path == ()


def test_a_private_key_is_not_shown_by_accident() -> None:
    assert "07" not in repr(SIGNER)


def test_a_key_with_a_changed_character_is_refused() -> None:
    with pytest.raises(NotANote, match="does not fit its hash"):
        read_verifier(GO_VERIFIER.replace("ARpc", "ARpd"))
    with pytest.raises(NotANote, match="32 bytes"):
        read_verifier("a+00000000+AQ==")
    assert Verifier("a", b"\0" * 32) != SIGNER.verifier
