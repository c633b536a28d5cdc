"""Tape: recordings of what upstream answered, what is written of them, and what a replay makes of them."""
