"""The page: one file, no script, nothing from elsewhere, nothing of upstream's read as markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from billogram_contract.report import html
from billogram_contract.results.words import Word
from tests.meta.ledgers import DRIFTED, KINDS

VOID = {"meta", "br"}
INERT = re.compile(
    r"(on\w+|src|srcset|srcdoc|style|action|formaction|data|poster|background|ping|xlink:href)"
)


class Page(HTMLParser):
    """Reads a page and keeps what the tests ask for; raises where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), (tag, attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    def values(self, name: str) -> list[str]:
        return [found for _, attrs in self.elements if (found := attrs.get(name))]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


PAGES = {name: html.text(ledger) for name, ledger in KINDS.items()}


@pytest.mark.parametrize("name", PAGES)
def test_page_is_well_formed(name: str) -> None:
    page = Page(PAGES[name])
    assert [tag for tag, _ in page.elements[:2]] == ["html", "head"]
    assert page.elements[0][1] == {"lang": "en"}


@pytest.mark.parametrize("name", PAGES)
def test_page_loads_and_runs_nothing(name: str) -> None:
    page = Page(PAGES[name])
    known = "html head meta title style body a header main footer nav section article div p span h1 h2 h3 h4"
    known += " ul ol li dl dt dd table caption thead tbody tr th td details summary pre code strong b br bdi"
    known += " time svg g rect line text desc"
    assert {tag for tag, _ in page.elements} <= {*known.split()}
    assert [name for _, attrs in page.elements for name in attrs if INERT.fullmatch(name)] == []
    assert [one for one in page.values("href") if not one.startswith("#")] == []
    assert not re.search(r"url\(|@import|expression", PAGES[name].partition("</style>")[0])
    policy = next(attrs["content"] for _, attrs in page.elements if "http-equiv" in attrs)
    assert str(policy).startswith("default-src 'none'; style-src 'unsafe-inline'")


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = Page(PAGES[name])
    ids = page.values("id")
    assert len(set(ids)) == len(ids)
    named = [text for name in ("aria-labelledby", "aria-describedby") for text in page.values(name)]
    told = {one for text in named for one in text.split()}
    assert {one.removeprefix("#") for one in page.values("href")} | told <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_headings_leave_no_level_out(name: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(PAGES[name]).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert [after for before, after in pairwise(levels) if after > before + 1] == []


@pytest.mark.parametrize("name", PAGES)
def test_tables_and_plots_are_named(name: str) -> None:
    page = Page(PAGES[name])
    tags = [tag for tag, _ in page.elements]
    assert tags.count("caption") == tags.count("table")
    assert all(attrs.get("scope") for tag, attrs in page.elements if tag == "th")
    plots = [attrs for tag, attrs in page.elements if tag == "svg"]
    assert all(one.get("aria-label") or one.get("aria-labelledby") for one in plots)


def test_hostile_text_is_shown_and_isolated() -> None:
    page = Page(PAGES["hostile"])
    assert "<script>alert(1)</script>" in page.text
    assert "\\x1b[31mred" in page.text
    assert "\\u202ereversed" in page.text
    assert "{{ 7 * 7 }} {% if x %}" in page.text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\u2066\ud800]", PAGES["hostile"])


def test_banner_tells_verdict_target_and_time() -> None:
    text = Page(PAGES["drifted"]).text.partition("Clauses Each tile")[0]
    for told in (
        "drifted Upstream departs from 1 documented promise.",
        "200: it is accepted, not 400: the request is refused",
        "no longer refused: something documented as invalid is accepted; fails the run",
        "live target: https://sandbox.example/api/v2",
        "22 November 2026, 10:00 UTC",
        "6.2 s, 3 requests",
        "complete, exit code 1",
    ):
        assert told in text


def test_finding_tells_all_of_itself() -> None:
    text = Page(PAGES["drifted"]).text
    for told in (
        "no longer refused fails the run 200: it is accepted, not 400: the request is refused",
        "For whom python, php",
        "Promise list.size: A page has at most 100 customers.",
        "Facts expected: 400: the request is refused observed: 200: it is accepted",
        "at GET /customer /page_size; seen in 50 answers",
        f"again {DRIFTED.fingerprint}",
        DRIFTED.curl,
        "page_size=101",
        '[ { "op": "remove", "path": "/x" } ]',
        f"accept {DRIFTED.fingerprint} --reason 'say why'",
    ):
        assert told in text, told


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("embedded", "the run shows that the suite works, not that upstream does."),
        ("incomplete", "broken off: incomplete"),
        ("inconclusive", "Inconclusive: upstream could not be asked upstream is away"),
        ("nothing", "this run shows nothing."),
        ("no clauses", "The ledger holds no clauses."),
        ("nothing", "No request was answered."),
        ("not put back", "Customer 9001 has the number 9101."),
        ("accepted", "Being mended."),
        ("expired", "a deviation has expired or no longer occurs."),
        ("held", "White space around a name is trimmed. it is"),
        ("compared", "gone finding relaxed"),
        ("known", "known since 22 November 2026"),
        ("held", "Answers by status"),
        ("held", "/data/*/name"),
    ],
)
def test_page_shows_what_the_ledger_has(name: str, told: str) -> None:
    assert told in Page(PAGES[name]).text


def test_every_clause_has_a_tile_and_a_row() -> None:
    page = Page(PAGES["held"])
    ids = [clause.id for clause in KINDS["held"].clauses]
    assert [one for one in page.values("id") if one.startswith("clause-")] == [f"clause-{id}" for id in ids]
    for id in ids:
        assert f"#clause-{id}" in page.values("href")


def test_drifted_tile_leads_to_the_finding() -> None:
    tiles = [
        attrs for tag, attrs in Page(PAGES["drifted"]).elements if "is-drifted" in (attrs.get("class") or "")
    ]
    assert f"#finding-{DRIFTED.fingerprint}" in [one.get("href") for one in tiles]


# Contrast, by the formula of WCAG 2.2


def luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_texts_have_contrast_enough(scheme: int) -> None:
    block = re.findall(r":root \{(.*?)\}", PAGES["held"], re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    pairs = [(ink, ground) for ink in ("ink", "muted", "accent") for ground in ("page", "card", "well")]
    pairs += [(f"{word}-ink", f"{word}-tint") for word in Word]
    pairs += [(f"{word}-ink", "card") for word in Word]
    pairs += [("ink", f"{word}-tint") for word in Word]
    weak = {pair: found for pair in pairs if (found := contrast(colours[pair[0]], colours[pair[1]])) < 4.5}
    assert weak == {}


def test_contrast_is_counted_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
