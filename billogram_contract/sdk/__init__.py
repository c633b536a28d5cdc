"""What an SDK's own tests use: a ready file, rehearsals, the proxy."""
