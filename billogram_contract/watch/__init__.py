"""What stands between runs: the gate of a release, the issues that tell of findings, the history."""
