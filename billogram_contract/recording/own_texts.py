"""The suite's own texts: those that are spelt with the words of its sources. All others are upstream's.

A text is not followed from where it was answered to where it is sent: it is judged by what it says, so that
no way of deriving one text from another leads around it. In doubt it is upstream's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from billogram_contract.recording.pseudonyms import folded

_WORD = re.compile(r"[^\W\d_]+|\d+")
SHORTEST_PART = 4  # signs: shorter ones are parts of everything
LONGEST_UNIT = 3  # signs that a text may repeat


class OwnTexts:
    """Learns, in the order of the exchanges, which of the texts that were sent are the suite's own.

    `literals` are the texts of its sources, `numbers` the customer numbers that it was given.
    """

    def __init__(self, literals: Iterable[str], numbers: Iterable[str] = ()) -> None:
        self.sent: set[str] = set()
        self._literals = frozenset(literals)
        self._words = frozenset(numbers).union(*map(_WORD.findall, self._literals))
        self._folded_words = frozenset(map(_spaced, self._words))
        self._heard: set[str] = set()

    def __contains__(self, text: str) -> bool:
        return text in self._literals or text in self.sent

    def send(self, text: str) -> None:
        """Takes note of a text that was sent."""
        if text in self._literals or self._is_spelt(text) or self._is_repeated(text) or self._is_part(text):
            self.sent.add(text)

    def hear(self, text: str, written: str | None = None) -> None:
        """Takes note of a text that was answered; `written` is what an update had written in its place."""
        if text in self:
            return
        told = _spaced(text)
        is_shown = written in self.sent and _tight(told) in _tight(_spaced(written or ""))
        if is_shown and told.strip() and told not in self._heard:
            self.sent.add(text)  # in another spelling, or cut short
        elif told not in self._folded_words:  # a single word of the sources tells nothing
            self._heard.add(told)

    def _is_spelt(self, text: str) -> bool:
        """Whether a text is made of words of the sources, and says nothing of what was answered."""
        told = _spaced(text)
        return self._words.issuperset(_WORD.findall(text)) and not any(
            told.strip() and (told in one or one in told) for one in self._heard
        )

    def _is_repeated(self, text: str) -> bool:
        units = (text[:size] for size in range(1, LONGEST_UNIT + 1))
        return any(one in self._literals and text == (one * len(text))[: len(text)] for one in units)

    def _is_part(self, text: str) -> bool:
        """Whether a text is a part of an own one, and of nothing that was answered."""
        told = _tight(_spaced(text))
        return (
            len(text) >= SHORTEST_PART
            and any(text in one for one in (*self._literals, *self.sent))
            and not any(told in _tight(one) for one in self._heard)
        )


def _spaced(text: str) -> str:
    """The words of a text, each with a space around, case and accents aside."""
    return f" {' '.join(_WORD.findall(folded(text)))} "


def _tight(text: str) -> str:
    return text.replace(" ", "")
