"""The words for verdicts, on a clause and on a run, with what reports show beside them."""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """What a run says of one clause, what needs a look first before the rest."""

    symbol: str  # in the page
    style: str  # in a terminal
    meaning: str

    def __new__(cls, word: str, symbol: str, style: str, meaning: str) -> Word:
        """A word with its symbol, its style and its meaning."""
        made = str.__new__(cls, word)
        made._value_ = word
        made.symbol, made.style, made.meaning = symbol, style, meaning
        return made

    DRIFTED = "drifted", "✕", "red", "upstream departed from it"
    INCONCLUSIVE = "inconclusive", "?", "yellow", "upstream could not be asked"
    ACCEPTED = "accepted", "≈", "cyan", "upstream departs from it, which is accepted for now"
    UNCHECKED = "unchecked", "–", "dim", "nothing in this run asked"
    ANSWERED = "answered", "i", "", "an open question, answered: it never fails a run"
    HOLDS = "holds", "✓", "green", "asked, and kept"
    UNTESTABLE = "untestable", "·", "dim", "no check can decide it from outside"


class RunWord(StrEnum):
    """What a run comes to; it looks like one of the verdicts on a clause."""

    emoji: str
    looks_like: Word

    def __new__(cls, word: str, emoji: str, looks_like: Word) -> RunWord:
        """A word with its emoji and the verdict on a clause that it looks like."""
        made = str.__new__(cls, word)
        made._value_ = word
        made.emoji, made.looks_like = emoji, looks_like
        return made

    HELD = "held", "✅", Word.HOLDS
    DRIFTED = "drifted", "❌", Word.DRIFTED
    FAILED = "failed", "❌", Word.DRIFTED
    INCONCLUSIVE = "inconclusive", "⚠️", Word.INCONCLUSIVE
    NOTHING_CHECKED = "nothing checked", "⚠️", Word.INCONCLUSIVE
    STALE = "stale", "⚠️", Word.INCONCLUSIVE  # what was recorded is not what the checks ask for
    INCOMPLETE = "incomplete", "⚠️", Word.INCONCLUSIVE
