"""Drifts of which bodies an update accepts and how it reads them."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from billogram_contract.sandbox import fields
from billogram_contract.sandbox.app import is_update, refuse
from billogram_contract.sandbox.http import Request
from billogram_contract.sandbox.rules import Problem
from billogram_contract.sandbox.wrapping import (
    Document,
    Update,
    declare,
    edit_body,
    edit_stored,
    refuse_first,
)


def refusing(
    name: str, breaks: str | tuple[str, ...], summary: str, path: str, applies: Callable[[Document], bool]
) -> None:
    """Declares a drift that refuses some bodies."""
    problem = Problem("INVALID_PARAMETER", f"{path} is not valid.", path)

    def refused_body(request: Request) -> bool:
        body = request.json() if is_update(request) else None
        return isinstance(body, dict) and applies(body)

    declare(
        name, breaks, summary, lambda upstream: refuse_first(upstream, refused_body, lambda: refuse(problem))
    )


def reading(
    name: str, breaks: str | tuple[str, ...], summary: str, path: str, read: Callable[[Any], Any]
) -> None:
    """Declares a drift that reads one field of a body as another value; NotImplemented drops it."""

    def edit(body: Document) -> None:
        owner, _, field = path.rpartition(":")
        holder = body.get(owner) if owner else body
        if isinstance(holder, dict) and field in holder:
            holder[field] = read(holder[field])
            if holder[field] is NotImplemented:
                del holder[field]

    declare(name, breaks, summary, lambda upstream: edit_body(upstream, edit))


def storing(name: str, breaks: str | tuple[str, ...], summary: str, edit: Callable[[Update], None]) -> None:
    """Declares a drift that edits what an accepted update stores and answers."""
    declare(name, breaks, summary, lambda upstream: edit_stored(upstream, edit))


# Types


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


reading("notes-number-accepted", "update.field-types", "A number is written as notes.", "notes", _as_text)
reading(
    "flag-text-accepted",
    "update.field-types",
    "A text or number is read as letter_forwarding_enabled.",
    "letter_forwarding_enabled",
    lambda value: bool(value) if isinstance(value, str | int | float) else value,
)
reading(
    "contact-text-accepted",
    "update.field-types",
    "A contact that is no object is ignored.",
    "contact",
    lambda value: value if isinstance(value, dict) else None,
)


# Values

declare(
    "company-type-added",
    ("update.company-type-values", "customer.company-type"),
    "company_type can be company too.",
    lambda upstream: upstream.with_rules(company_types=(*fields.COMPANY_TYPES, "company")),
)
reading(
    "company-type-unknown-ignored",
    "update.company-type-values",
    "An unknown company_type is accepted and ignored.",
    "company_type",
    lambda value: value if value in fields.COMPANY_TYPES or not isinstance(value, str) else NotImplemented,
)
reading(
    "company-type-any-case-accepted",
    "update.company-type-values",
    "company_type is accepted in any case.",
    "company_type",
    lambda value: value.lower() if isinstance(value, str) else value,
)
declare(
    "company-type-foreign-business-refused",
    "update.company-type-values",
    "foreign business is refused.",
    lambda upstream: upstream.with_rules(company_types=fields.COMPANY_TYPES[:3]),
)
reading(
    "company-type-foreign-dropped",
    "update.company-type-values",
    "foreign individual becomes individual.",
    "company_type",
    lambda value: "individual" if value == "foreign individual" else value,
)
refusing(
    "language-null-refused",
    "update.language-default",
    "A null language is refused.",
    "language",
    lambda body: body.get("language", "") is None,
)
refusing(
    "language-empty-refused",
    "update.language-default",
    "An empty language is refused.",
    "language",
    lambda body: body.get("language") == "",
)
reading(
    "language-long-accepted",
    "update.language-format",
    "A language of more than two letters is cut.",
    "language",
    lambda value: "sv" if isinstance(value, str) and len(value) > 2 else value,
)
reading(
    "language-locale-accepted",
    "update.language-format",
    "A language with a region is accepted.",
    "language",
    lambda value: value[:2] if isinstance(value, str) and value[2:3] in ("-", "_") else value,
)


def _notes(name: str, summary: str, read: Callable[[str], str]) -> None:
    reading(
        name,
        "update.notes-free-form",
        summary,
        "notes",
        lambda value: read(value) if isinstance(value, str) else value,
    )


_notes("notes-cut", "notes are cut at 255 characters.", lambda text: text[:255])
_notes("notes-lines-joined", "Line breaks in notes are lost.", lambda text: " ".join(text.splitlines()))
_notes("notes-escaped", "notes are escaped as HTML.", html.escape)
_notes(
    "notes-in-latin-1",
    "notes keep the letters of Latin-1 only.",
    lambda text: text.encode("latin-1", errors="replace").decode("latin-1"),
)
refusing(
    "notes-limited",
    "update.notes-free-form",
    "notes beyond 500 characters are refused.",
    "notes",
    lambda body: isinstance(body.get("notes"), str) and len(body["notes"]) > 500,
)
reading(
    "forwarding-always-on",
    "update.letter-forwarding",
    "letter_forwarding_enabled cannot be switched off.",
    "letter_forwarding_enabled",
    lambda value: True if value is False else value,
)
reading(
    "forwarding-always-off",
    "update.letter-forwarding",
    "letter_forwarding_enabled cannot be switched on.",
    "letter_forwarding_enabled",
    lambda value: False if value is True else value,
)
