"""Names in many scripts. Lengths count code points, as the description's `maxLength` does."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from functools import cache
from types import MappingProxyType

from hypothesis import strategies as st

from billogram_contract.spec.description import load

# The marks all have combining class 230 and are part of no composed character: NFC leaves them and
# their order alone. No other alphabet has a character with a combining class, so mixtures are NFC-stable too.
SCRIPTS: Mapping[str, str] = MappingProxyType(
    {
        "latin": "abcdefghijklmnopqrstuvwxyzåäöéüABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖØß-'",
        "greek": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίΑΒΓΔΩ",
        "cyrillic": "абвгдежзийклмнопрстуфхцчшщъыьэюяёАБВГД",
        "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
        "hebrew": "אבגדהוזחטיכלמנסעפצקרשתךםןףץ",
        "devanagari": "अआइईउऊएऐओऔकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसहािीुूेैोौ",
        "thai": "กขคฆงจฉชซญฎฏฐณดตถทธนบปผฝพฟภมยรลวศษสหอฮะาิีึืเแโใไ",
        "han": "漢字王李张陳劉楊黃趙山田中村東京北海道",
        "hangul": "김이박최정강조윤장임한오서신권황안송류홍",
        "emoji": "😀😎🎉🚀🦊🌍🍀🐻🎻🧀🛶🪁𝄞𠮷",
        "combining": "bcdfghjkmpqtvwxz\u0305\u0310\u0352\u0357\u20d7",
    }
)

NAME_ALPHABETS: Mapping[str, str] = MappingProxyType(
    {
        "ascii": "a",
        "two-byte": "å",
        "three-byte": "漢",
        "four-byte": "𝄞",
        "combining": "q\u0301",  # no composed character exists: two code points in every normal form
    }
)


def names(
    *, min_size: int = 1, max_size: int | None = None, scripts: Collection[str] = tuple(SCRIPTS)
) -> st.SearchStrategy[str]:
    """Names in one of the scripts or in a mixture, without white space at the ends (I: it may be trimmed).

    `max_size` is the description's maximum by default (R).
    """
    unknown = set(scripts) - set(SCRIPTS)
    if unknown or not scripts:
        raise ValueError(f"scripts must be some of {', '.join(SCRIPTS)}, not {sorted(unknown) or 'none'}")
    longest = load().body("name")["maxLength"] if max_size is None else max_size
    if not 0 <= min_size <= longest:
        raise ValueError(f"min_size={min_size} must be between 0 and max_size={longest}")
    alphabets = tuple(SCRIPTS[script] for script in SCRIPTS if script in scripts)
    return _tidy_texts(alphabets, min_size, longest)


@cache  # names are part of nearly everything, and making this strategy anew takes longer than drawing from it
def _tidy_texts(alphabets: tuple[str, ...], min_size: int, max_size: int) -> st.SearchStrategy[str]:
    mixture = ["".join(alphabets)] if len(alphabets) > 1 else []
    texts = (
        st.text(alphabet + " ", min_size=min_size, max_size=max_size) for alphabet in [*alphabets, *mixture]
    )
    return st.one_of(*texts).filter(_is_tidy)


def _is_tidy(name: str) -> bool:
    """Whether no space stands at an end or next to another, and no mark without a letter before it."""
    starts_with_mark = unicodedata.category(name[:1] or "a").startswith("M")
    return name == name.strip() and "  " not in name and not starts_with_mark


def names_of_length(n: int, *, character: str = NAME_ALPHABETS["ascii"]) -> str:
    """The one name of exactly `n` code points that repeats a unit, such as a value of `NAME_ALPHABETS`."""
    if n < 0 or not character:
        raise ValueError(f"n must not be negative ({n}) and character must not be empty ({character!r})")
    return (character * n)[:n]
