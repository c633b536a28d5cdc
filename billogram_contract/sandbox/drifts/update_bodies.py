"""Drifts of which bodies an update accepts and how it reads them."""

from __future__ import annotations

import html
from typing import Any

from billogram_contract.sandbox import fields, kit, knobs
from billogram_contract.sandbox.catalogue import Family
from billogram_contract.sandbox.http import Document

FAMILY = Family(__name__)

FORWARDING = "letter_forwarding_enabled"

# Types and bodies


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _has_street_alias(body: Document) -> bool:
    return isinstance(body.get("address"), dict) and fields.STREET_ALIAS in body["address"]


drift = FAMILY.breaking("update.field-types")
drift("notes-number-accepted", "A number is written as notes.")(kit.read_field("notes", _as_text))
drift("flag-text-accepted", "A text or number is read as letter_forwarding_enabled.")(
    kit.read_field(FORWARDING, lambda value: bool(value) if isinstance(value, str | int | float) else value)
)
drift("contact-text-accepted", "A contact that is no object is ignored.")(
    kit.read_field("contact", lambda value: value if isinstance(value, dict) else None)
)

drift = FAMILY.breaking("update.sample-request")
drift("street-address-refused", "The spelling street_address, as in the sample request, is refused.")(
    kit.refuse_body("address:street_address", _has_street_alias)
)

drift = FAMILY.breaking("update.partial", "answer.error-field")
drift("name-required", "An update without name is refused.")(
    kit.refuse_body("name", lambda body: "name" not in body)
)


# company_type

drift = FAMILY.breaking("update.company-type-values", "customer.company-type")
drift("company-type-added", "company_type can be company too.")(knobs.with_value("company_types", "company"))

drift = FAMILY.breaking("update.company-type-values")
knobs.declare_values(drift, "company_types", "company-type", "{}", "individual", "business")
drift("company-type-unknown-ignored", "An unknown company_type is accepted and ignored.")(
    kit.read_text("company_type", lambda text: text if text in fields.COMPANY_TYPES else NotImplemented)
)
drift("company-type-any-case-accepted", "company_type is accepted in any case.")(
    kit.read_text("company_type", str.lower)
)
drift("company-type-foreign-dropped", "foreign individual becomes individual.")(
    kit.read_text("company_type", lambda text: "individual" if text == "foreign individual" else text)
)


# language

drift = FAMILY.breaking("update.language-default")
drift("language-null-refused", "A null language is refused.")(
    kit.refuse_body("language", lambda body: body.get("language", "") is None)
)
drift("language-empty-refused", "An empty language is refused.")(
    kit.refuse_body("language", lambda body: body.get("language") == "")
)

drift = FAMILY.breaking("update.language-format")
drift("language-long-accepted", "A language of more than two letters is cut.")(
    kit.read_text("language", lambda text: "sv" if len(text) > 2 else text)
)
drift("language-locale-accepted", "A language with a region is accepted.")(
    kit.read_text("language", lambda text: text[:2] if text[2:3] in ("-", "_") else text)
)


# notes and letter_forwarding_enabled


def _has_long_notes(body: Document) -> bool:
    return isinstance(body.get("notes"), str) and len(body["notes"]) > 500


drift = FAMILY.breaking("update.notes-free-form")
drift("notes-cut", "notes are cut at 255 characters.")(kit.read_text("notes", lambda text: text[:255]))
drift("notes-lines-joined", "Line breaks in notes are lost.")(
    kit.read_text("notes", lambda text: " ".join(text.splitlines()))
)
drift("notes-escaped", "notes are escaped as HTML.")(kit.read_text("notes", html.escape))
drift("notes-in-latin-1", "notes keep the letters of Latin-1 only.")(kit.read_text("notes", kit.in_latin_1))
drift("notes-limited", "notes beyond 500 characters are refused.")(kit.refuse_body("notes", _has_long_notes))

drift = FAMILY.breaking("update.letter-forwarding")
drift("forwarding-always-on", "letter_forwarding_enabled cannot be switched off.")(
    kit.read_field(FORWARDING, lambda value: True if value is False else value)
)
drift("forwarding-always-off", "letter_forwarding_enabled cannot be switched on.")(
    kit.read_field(FORWARDING, lambda value: False if value is True else value)
)
