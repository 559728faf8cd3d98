"""What shops call work, grouped: the same work under another job name counts as done (N-69), and what keeps a vehicle safe goes first.

A kind that does not stand here is a family of its own and no safety item: when in doubt nothing alarms.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ServiceFamily:
    """Work that is one thing to the owner of a vehicle. `words` name it in a mail, by language."""

    slug: str
    is_safety: bool
    words: dict[str, str]
    kinds: tuple[str, ...]


FAMILIES: Final[tuple[ServiceFamily, ...]] = (
    ServiceFamily(
        "brakes",
        True,
        {"en": "the brakes", "es": "los frenos"},
        ("brakes", "brake_pads", "brake_rotors", "brake_shoes", "brake_fluid", "brake_lines", "brake_calipers", "brake_service"),
    ),
    ServiceFamily(
        "tires",
        True,
        {"en": "the tires", "es": "los neumáticos"},
        ("tires", "tyres", "tire_replacement", "tire_repair", "tire_rotation", "wheel_bearing", "wheel_balance"),
    ),
    ServiceFamily(
        "steering",
        True,
        {"en": "the steering and suspension", "es": "la dirección y la suspensión"},
        ("steering", "suspension", "tie_rod", "ball_joint", "control_arm", "power_steering", "shocks", "struts"),
    ),
    ServiceFamily(
        "lights",
        True,
        {"en": "the lights", "es": "las luces"},
        ("lights", "headlight", "brake_light", "tail_light", "turn_signal"),
    ),
    ServiceFamily("alignment", False, {"en": "the wheel alignment", "es": "la alineación"}, ("alignment", "wheel_alignment")),
    ServiceFamily(
        "oil",
        False,
        {"en": "the oil change", "es": "el cambio de aceite"},
        ("oil", "oil_change", "oil_filter", "synthetic_oil_change"),
    ),
    ServiceFamily("battery", False, {"en": "the battery", "es": "la batería"}, ("battery", "battery_replacement", "alternator")),
    ServiceFamily(
        "cooling",
        False,
        {"en": "the cooling system", "es": "el sistema de refrigeración"},
        ("cooling", "coolant", "coolant_flush", "radiator", "water_pump", "thermostat"),
    ),
    ServiceFamily(
        "belts", False, {"en": "the belts and hoses", "es": "las correas y mangueras"}, ("belts", "timing_belt", "serpentine_belt", "hoses")
    ),
    ServiceFamily(
        "climate",
        False,
        {"en": "the air conditioning", "es": "el aire acondicionado"},
        ("climate", "air_conditioning", "ac_recharge", "ac_service", "heater", "cabin_filter"),
    ),
    ServiceFamily(
        "transmission", False, {"en": "the transmission", "es": "la transmisión"}, ("transmission", "transmission_fluid", "clutch")
    ),
    ServiceFamily("wipers", False, {"en": "the wipers", "es": "los limpiaparabrisas"}, ("wipers", "wiper_blades")),
)  # fmt: skip
_BY_SLUG: Final = {family.slug: family for family in FAMILIES}


def name_work(family: str, language: str) -> str:
    """Return what a mail calls this family of work, "" for one that has no words."""
    found = _BY_SLUG.get(family)
    return found.words.get(language, found.words["en"]) if found is not None else ""
