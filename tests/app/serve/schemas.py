"""The rules of the Reconciliation Service API 0.2, as JSON schemas."""

from __future__ import annotations

TYPE = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
    "required": ["id", "name"],
    "additionalProperties": False,
}


MANIFEST = {
    "type": "object",
    "properties": {
        "versions": {"type": "array", "const": ["0.2"]},
        "name": {"type": "string", "minLength": 1},
        "identifierSpace": {"type": "string", "pattern": "^[a-z]+:"},
        "schemaSpace": {"type": "string", "pattern": "^[a-z]+:"},
        "serviceVersion": {"type": "string"},
        "defaultTypes": {"type": "array", "items": TYPE, "uniqueItems": True},
        "batchSize": {"type": "integer", "minimum": 1},
        "view": {"type": "object", "properties": {"url": {"type": "string", "pattern": r"\{\{id\}\}"}}},
        "authentication": {
            "type": "object",
            "properties": {"type": {"const": "apiKey"}, "in": {"const": "header"}, "name": {"type": "string"}},
            "required": ["type", "in", "name"],
        },
    },
    "required": ["versions", "name", "identifierSpace", "schemaSpace"],
    "additionalProperties": False,  # so nothing is claimed that is not there: suggest, preview, extend
}


FEATURE = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "value": {"type": ["boolean", "number"]}},
    "required": ["id", "value"],
}


CANDIDATE = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "type": {"type": "array", "items": TYPE},
        "score": {"type": "number"},
        "match": {"type": "boolean"},
        "features": {"type": "array", "items": FEATURE},
    },
    "required": ["id", "name", "score", "match"],
    "additionalProperties": False,
}


RESULTS = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "properties": {"result": {"type": "array", "items": CANDIDATE}},
        "required": ["result"],
        "additionalProperties": False,
    },
}
