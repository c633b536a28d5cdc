"""One run: settings, the live session, hooks, outcome."""
