"""Cassettes: record, replay, redact, and read those of others."""
