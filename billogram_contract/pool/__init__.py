"""The customers that may be changed: leases, journal, locks, undo, recovery."""
