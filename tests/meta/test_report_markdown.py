"""The report as Markdown, read by a renderer: nothing of upstream's becomes markup."""

from __future__ import annotations

import re

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from billogram_contract.report import markdown
from tests.meta.ledgers import DRIFTED, KINDS, drifted

ACTIVE = {"html_inline", "html_block", "link_open", "image"}


def tokens(text: str) -> list[Token]:
    """All tokens of a text, inner ones too, as GitHub would read it: HTML and tables allowed."""
    outer = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    return [one for token in outer for one in (token, *(token.children or ()))]


def headings(name: str) -> list[str]:
    return [line for line in markdown.text(KINDS[name]).splitlines() if line.startswith("#")]


@pytest.mark.parametrize("name", KINDS)
def test_report_holds_no_markup_of_upstream(name: str) -> None:
    found = tokens(markdown.text(KINDS[name]))
    assert [one for one in found if one.type in ACTIVE] == []


def test_hostile_text_stands_in_code_alone() -> None:
    prose = " ".join(one.content for one in tokens(markdown.text(KINDS["hostile"])) if one.type == "text")
    assert "Contract drifted" in prose
    assert re.findall(r"https?:|www\.|@\w+|<\w+|javascript", prose) == []


def test_hostile_text_adds_no_structure() -> None:
    text = markdown.text(KINDS["hostile"])
    (title,) = [one for one in tokens(text) if one.type == "heading_open" and one.tag == "h1"]
    assert title.map == [0, 1]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066\ud800]", text)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1


@pytest.mark.parametrize("harm", ["`", "``", "a`b``c", " `x` ", "", "\n", "```\n# head", "\\`"])
def test_code_stays_code(harm: str) -> None:
    (line,) = MarkdownIt().parse(f"a {markdown.code(harm)} z")[1:2]
    assert [one.type for one in line.children or ()] == ["text", "code_inline", "text"]


@pytest.mark.parametrize("harm", ["```", "````x", "~~~", "`" * 10])
def test_block_stays_a_block(harm: str) -> None:
    (one,) = MarkdownIt().parse("\n".join(markdown.block("first", harm, language="sh")))
    assert (one.type, one.content) == ("fence", f"first\n{harm}\n")


def test_verdict_comes_first() -> None:
    assert headings("drifted")[0] == "# ❌ Contract drifted"
    assert headings("held")[0] == "# ✅ Contract held"
    assert headings("incomplete")[0] == "# ⚠️ Contract incomplete"


def test_expected_stands_beside_observed() -> None:
    text = markdown.text(KINDS["drifted"])
    assert "  - expected: 400: the request is refused\n  - observed: 200: it is accepted\n" in text
    assert f"\npython -m billogram_contract again {DRIFTED.fingerprint}\n" in text
    assert f"\n{DRIFTED.curl}\n" in text
    assert (
        f"python -m billogram_contract accept {DRIFTED.fingerprint} --reason 'say why' --until 2026-12-22"
        in text
    )


@pytest.mark.parametrize(
    ("name", "heading"),
    [
        ("drifted", "## 1 finding"),
        ("accepted", "## Deviations"),
        ("inconclusive", "## Inconclusive"),
        ("nothing", "## Unchecked"),
        ("held", "## Open questions"),
        ("compared", "## Against the baseline"),
        ("held", "## Documented, never seen in this run"),
    ],
)
def test_report_has_what_the_ledger_has(name: str, heading: str) -> None:
    assert heading in headings(name)


def test_families_are_counted() -> None:
    told = markdown.text(KINDS["drifted"])
    assert "| list | **1** |  | 1 |  |" in told
    assert "| **all** | **1** | **1** | **2** | **1** |" in told


def test_finding_of_a_long_list_has_a_line() -> None:
    text = markdown.text(drifted(markdown.MOST_FINDINGS + 3))
    assert text.count("See it again:") == markdown.MOST_FINDINGS
    assert text.count("- `list.size` (breaks clients) at ") == 3 - 1
    assert len(text) < 1_000_000


def test_reader_is_told_what_to_do_next() -> None:
    assert "1. Nothing: no finding fails this run." in markdown.text(KINDS["held"])
    assert "1. Ask again for each finding" in markdown.text(KINDS["drifted"])
    assert "1. Put back by hand" in markdown.text(KINDS["not put back"])
