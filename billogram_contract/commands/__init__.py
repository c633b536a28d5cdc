"""The commands of `python -m billogram_contract`, a module each: `add` declares options, `run` does it."""
