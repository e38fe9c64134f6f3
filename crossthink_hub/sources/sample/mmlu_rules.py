"""The rules of `mmlu.yaml`: each returns the right option and wrong ones, or rejects the values (None)."""

from collections.abc import Mapping

from crossthink_hub.sources.sample.drawing import Rule
from crossthink_hub.sources.sample.general_rules import DAYS


def _roman(n: int) -> str:
    tens = ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC")
    ones = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
    return tens[n // 10 % 10] + ones[n % 10]


def _near(value: int, unit: str) -> list[str]:
    step = max(1, value // 4)
    return [f"{value + wrong} {unit}" for wrong in (0, step, -step, value, 2 * step)]


def _exactly(top: int, bottom: int, unit: str) -> list[str] | None:
    return _near(top // bottom, unit) if top % bottom == 0 and top // bottom > 2 else None


def _clock(hour: int, minutes: int) -> list[str]:
    ends = (minutes, minutes + 10, minutes - 10, minutes + 60, minutes - 60)
    return [f"{hour + end // 60}:{end % 60:02}" for end in ends]


RULES: Mapping[str, Rule] = {
    "weekday": lambda day, n: [DAYS[(DAYS.index(day) + n + wrong) % 7] for wrong in range(5)],
    "speed": lambda km, hours: _exactly(km, hours, "km/h"),
    "force": lambda kg, acceleration: _near(kg * acceleration, "N"),
    "voltage": lambda current, resistance: _near(current * resistance, "V"),
    "density": lambda mass, volume: _exactly(mass, volume, "g/cm³"),
    "interest": lambda rate, deposit: _near(rate * deposit // 100, "euros"),
    "roman": lambda n: [_roman(n + wrong) for wrong in (0, 1, -1, 10, -10)],
    "binary": lambda n: [f"{n + wrong:b}" for wrong in (0, 1, -1, 2, 4)],
    "clock": _clock,
    "frost": lambda noon, fall: [f"{noon - fall + wrong} °C" for wrong in (0, 1, -1, 2, 10)],
}
