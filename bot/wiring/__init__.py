"""The composition root: builds every concrete object from settings and a clock.

The only place that knows them all. `build` makes the objects; `Offhours.start` reaches out.
"""

from bot.wiring.building import build
from bot.wiring.serving import Offhours
from bot.wiring.stores import open_database, open_previews

__all__ = ["Offhours", "build", "open_database", "open_previews"]
