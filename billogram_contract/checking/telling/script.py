"""The script of a story."""

from __future__ import annotations

from billogram_contract.checking.story import Story
from billogram_contract.checking.telling.scene import Scene


def text(scene: Scene, story: Story) -> str:
    """A shell script that arranges, shows and puts back."""
    return ""
