"""Telling: the story of a departure, from the exchanges of its check and what the run remembers."""
