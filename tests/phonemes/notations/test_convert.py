"""What all notations have in common."""

from __future__ import annotations

import subprocess
import sys

import pytest

from phoneme_recognition.errors import UserError, VocabularyError
from phoneme_recognition.phonemes.notations import NOTATIONS, from_ipa, split, to_ipa
from phoneme_recognition.phonemes.notations.convert import find


@pytest.mark.parametrize("notation", NOTATIONS)
def test_word_boundaries_stay_and_an_empty_label_is_empty(notation: str) -> None:
    assert to_ipa(["m", "|", "s"], notation)[1] == "|"
    assert from_ipa(["m", "|", "s"], notation)[1] == "|"
    assert to_ipa([], notation) == from_ipa([], notation) == ()
    assert split("  \n", notation) == split("|", notation) == []
    assert NOTATIONS[notation]


@pytest.mark.parametrize("notation", [name for name in NOTATIONS if name != "ipa"])
def test_unknown_symbols_are_all_named_once(notation: str) -> None:
    with pytest.raises(VocabularyError, match=f"^{notation} has no symbol for щ ю. .*phonemes.notation"):
        to_ipa(["щ", "ю", "щ"], notation)
    with pytest.raises(VocabularyError, match=f"^{notation} has no symbol for щ ю"):
        from_ipa(["щ", "ю", "щ"], notation)
    with pytest.raises(VocabularyError, match=r"no symbol begins at '\$' in '[mM]\$'"):
        split("m$", notation)


def test_a_notation_that_there_is_not() -> None:
    with pytest.raises(UserError, match="notation 'kirshenbaum'; expected one of ipa, festvox_ru, timit61"):
        find("kirshenbaum")


def test_names_cost_no_heavy_import() -> None:
    code = (
        "import sys, phoneme_recognition.phonemes.notations as n; "
        "print(len(n.NOTATIONS), {'torch', 'numpy', 'panphon'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(NOTATIONS)), "set()"]
