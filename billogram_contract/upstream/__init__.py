"""Asking upstream: address, credentials, client, guard, rate limit, look-up, and one exchange."""
