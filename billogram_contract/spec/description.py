"""The description: `openapi/billogram-customer.yaml`, and the one place that reads it.

Every bound, enum and limit that a check or a strategy uses is looked up here, never typed a second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from billogram_contract import places
from billogram_contract.errors import SetupError

Schema = Mapping[str, Any]

LIST = ("GET", "/customer")
UPDATE = ("PUT", "/customer/{customer_no}")
MEDIA_TYPE = "application/json"


@dataclass(frozen=True)
class Node:
    """A part of the description and the JSON pointer (of the part itself, references followed) to it."""

    pointer: str
    value: Any

    def child(self, *keys: str | int) -> Node:
        """The part below; raises KeyError where there is none."""
        value, pointer = self.value, self.pointer
        for key in keys:
            value = value[key]
            pointer = f"{pointer}/{escape(str(key))}"
        return Node(pointer, value)


class Description:
    """What upstream promises in machine-readable form."""

    def __init__(self, document: Mapping[str, Any], text: str) -> None:
        self.document = document
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()

    def at(self, pointer: str) -> Node:
        """The part at a JSON pointer, references followed; raises SetupError where it points at nothing."""
        node = Node("", self.document)
        for token in pointer.split("/")[1:]:
            node = self.follow(node)
            key = token.replace("~1", "/").replace("~0", "~")
            try:
                node = node.child(int(key) if isinstance(node.value, list) else key)
            except (KeyError, IndexError, ValueError, TypeError):
                raise SetupError(f"The description has nothing at {pointer!r}.") from None
        return self.follow(node)

    def follow(self, node: Node) -> Node:
        """What a `$ref` leads to, or the part itself where it is none."""
        while isinstance(node.value, dict) and "$ref" in node.value:
            node = self.at(node.value["$ref"].removeprefix("#"))
        return node

    def operation(self, method: str, path: str) -> Node:
        return self.at(f"/paths/{escape(path)}/{method.lower()}")

    def query_parameters(self) -> dict[str, Node]:
        """The list's query parameters by name, each as its schema."""
        parameters = self.operation(*LIST).child("parameters")
        found = [self.follow(parameters.child(index)) for index in range(len(parameters.value))]
        return {one.value["name"]: self.follow(one.child("schema")) for one in found}

    def query(self, name: str) -> Schema:
        """The schema of one query parameter of the list."""
        schema: Schema = self.query_parameters()[name].value
        return schema

    def body_schema(self) -> Node:
        """The schema of the update's body."""
        body = self.follow(self.operation(*UPDATE).child("requestBody"))
        return self.follow(body.child("content", MEDIA_TYPE, "schema"))

    def body(self, name: str) -> Schema:
        """The schema of one field of the update's body."""
        schema: Schema = self.follow(self.body_schema().child("properties", name)).value
        return schema

    def responses(self, method: str, path: str) -> dict[str, Node]:
        """The documented answers of an operation by status code, as text."""
        responses = self.operation(method, path).child("responses")
        return {status: self.follow(responses.child(status)) for status in responses.value}

    def sample_query(self) -> dict[str, str]:
        """The reference page's sample request for the list."""
        sample: dict[str, str] = self.document["components"]["examples"]["ListSampleRequest"]["value"]
        return dict(sample)

    def sample_update(self) -> dict[str, Any]:
        """The reference page's sample body for the update."""
        sample: dict[str, Any] = self.document["components"]["examples"]["UpdateSampleRequest"]["value"]
        return dict(sample)


def escape(token: str) -> str:
    """A JSON pointer's reference token for a key (RFC 6901)."""
    return token.replace("~", "~0").replace("/", "~1")


@cache
def load(path: Path = places.DESCRIPTION) -> Description:
    """The description in a file; raises SetupError where it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
        document = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise SetupError(f"The description {path} cannot be read: {reason}") from None
    if not isinstance(document, dict) or "paths" not in document:
        raise SetupError(f"The description {path} is no OpenAPI document: it has no paths.")
    return Description(document, text)
