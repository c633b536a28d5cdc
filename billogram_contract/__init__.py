"""Holds a running Billogram v2 API against everything that is documented of its customer endpoints."""
