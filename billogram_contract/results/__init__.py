"""What a run came to: coverage, verdict, deviations, comparison, ledger."""
