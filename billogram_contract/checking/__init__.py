"""Judging answers: conformance, expectations, findings, patches, the observed schema, the recorder."""
