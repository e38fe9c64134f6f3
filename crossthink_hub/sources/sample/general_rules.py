"""The rules of `general.yaml`: each works out the answer from the values shown, or rejects them (None).

A list is the right answer and wrong ones beside it; all other wrong answers come from the right one.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import comb

from crossthink_hub.sources.sample.drawing import Answer, Rule

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_GRAMS_PER_MOL = {
    "water": 18,
    "carbon dioxide": 44,
    "methane": 16,
    "sodium hydroxide": 40,
    "calcium carbonate": 100,
    "ammonia": 17,
}


def _whole(value: Fraction) -> Fraction | None:
    return value if value.denominator == 1 else None


def _left(start: int, half: int, time: int) -> Answer | None:
    return Fraction(start, 2 ** (time // half)) if time % half == 0 and 2 <= time // half <= 4 else None


def _grown(start: int, double: int, time: int) -> Answer | None:
    return start * 2 ** (time // double) if time % double == 0 and time > double else None


def _charge(p: int, e: int) -> Answer | None:
    others = [f"{charge:+}" for charge in range(-5, 6) if charge not in (0, p - e)]
    return [f"{p - e:+}", *others, "0"] if 1 <= abs(p - e) <= 3 else None


def _recaptured(marked: int, caught: int, again: int) -> Answer | None:
    return _whole(Fraction(marked * caught, again)) if again < min(marked, caught) else None


def _weekday(day: str, n: int) -> Answer:
    return [DAYS[(DAYS.index(day) + n + wrong) % 7] for wrong in range(7)]


def _income_tax(x: int, a: int, b: int) -> Answer:
    return 10 * (20 * a + (x - 30) * b)


def _among(right: int, others: range) -> list[str]:
    return [str(n) for n in (right, *(n for n in others if n != right))]


def _differing(x: str, y: str) -> Answer:
    return _among(sum(a != b for a, b in zip(x, y, strict=True)), range(len(x) + 1))


def _century(y: int) -> Answer:
    right = (y - 1) // 100 + 1
    others = [n for n in range(6, 21) if n != right]
    return [f"the {n}th century" for n in (right, *others)]


def _neither(n: int, a: int, b: int, both: int) -> Answer | None:
    rest = n - a - b + both
    return rest if rest > 0 and both < min(a, b) else None


def _both_red(r: int, b: int) -> Answer:
    right = Fraction(comb(r, 2), comb(r + b, 2))
    near = [
        Fraction(comb(r, 2) + more, comb(r + b, 2)) for more in (1, -1, 2, -2, 3, -3, 4, 5, 6, 7, 8, 9, 10)
    ]
    return [str(right), *(str(wrong) for wrong in near if 0 < wrong < 1)]


def _positive(sick: int, hit: int, false: int) -> Answer | None:
    return _whole(Fraction(sick * hit + (1000 - sick) * false, 100))


RULES: Mapping[str, Rule] = {
    "kinetic_energy": lambda m, v: Fraction(m * v * v, 2),
    "free_fall": lambda t, g: Fraction(g * t * t, 2),
    "braking": lambda v, a: Fraction(v * v, 2 * a),
    "lifting": lambda m, h, t: Fraction(10 * m * h, t),
    "pressure": lambda f, a: Fraction(f, a),
    "wave_speed": lambda f, w: Fraction(f * w, 100),
    "parallel": lambda a, b: Fraction(a * b, a + b) if a != b else None,
    "series": lambda u, a, b: Fraction(u, a + b),
    "spring": lambda f, x: Fraction(100 * f, x),
    "collision": lambda m, v, n: Fraction(m * v, m + n),
    "lens": lambda f, a: Fraction(f * a, a - f) if a > f else None,
    "seesaw": lambda m, d, n: Fraction(m * d, n) if m != n else None,
    "heating": lambda m, t: Fraction(42 * m * t, 10),
    "efficiency": lambda used, useful: _whole(Fraction(100 * useful, used)) if useful < used else None,
    "decay": _left,
    "amount": lambda substance, mass: Fraction(mass, _GRAMS_PER_MOL[substance]),
    "dilution": lambda c, v, w: Fraction(c * v, w),
    "ph": lambda n: _among(n, range(1, 14)),
    "mass_percent": lambda salt, water: Fraction(100 * salt, salt + water),
    "boyle": lambda p, v, w: Fraction(p * v, w) if v != w else None,
    "ion": _charge,
    "neutrons": lambda a, z: a - z if 2 * z <= a and 5 * a <= 13 * z else None,
    "burning": lambda n: Fraction(3 * n + 1, 2),
    "peas": lambda n: _whole(Fraction(n, 4)),
    "bacteria": _grown,
    "bases": lambda a: 50 - a if a != 25 else None,
    "codons": lambda n: 3 * n,
    "heart": lambda beats, ml: Fraction(beats * ml, 1000),
    "recapture": _recaptured,
    "compound": lambda p, r: Fraction(p * (100 + r) ** 2, 10_000),
    "up_down": lambda price, up, down: Fraction(price * (100 + up) * (100 - down), 10_000),
    "unemployment": lambda u, e: Fraction(100 * u, u + e),
    "break_even": lambda fixed, price, cost: _whole(Fraction(fixed, price - cost)) if price > cost else None,
    "elasticity": lambda q, p: Fraction(q, p),
    "opportunity": lambda a, b: Fraction(a, b) if a > b else None,
    "exchange": lambda amount, cents: Fraction(amount * cents, 100),
    "equilibrium": lambda a, b, c, d: Fraction(a - d, b + c),
    "estate": lambda x, n: _whole(Fraction(1000 * x, 2 * n)),
    "majority": lambda n: -(-2 * n // 3),
    "deadline": _weekday,
    "income_tax": _income_tax,
    "hexadecimal": lambda n: [f"{n + wrong:X}" for wrong in (0, 1, -1, 2, -2, 10, -10, 16, -16, 6, 32)],
    "image_size": lambda w, h: Fraction(3 * w * h, 10**6),
    "transfer": lambda gb, rate: Fraction(8000 * gb, rate),
    "binary_search": lambda n: n.bit_length(),
    "subnet": lambda p: 2 ** (32 - p),
    "loop": lambda n: n * (n - 1) // 2,
    "quotient": lambda a, b: a // b + a % b,
    "hamming": _differing,
    "solar_time": lambda a, b: 4 * (b - a) if b > a else None,
    "map_scale": lambda cm, scale: Fraction(cm * scale, 100),
    "sunlight": lambda d: _whole(Fraction(10 * d, 3)),
    "lapse": lambda t, h: t - Fraction(65 * h, 10_000),
    "meridian": lambda n: 111 * n,
    "no_year_zero": lambda a, b: a + b - 1,
    "century": _century,
    "neither": _neither,
    "handshakes": lambda n: n * (n - 1) // 2,
    "race": lambda p, q, r, s: [p, q, r, s],
    "youngest": lambda p, q, r, s: [q, p, r, s],
    "fuel": lambda litres, km, cents: Fraction(litres * km * cents, 10_000),
    "bill": lambda total, tip, n: Fraction(total * (100 + tip), 100 * n),
    "paint": lambda w, h, cover: Fraction(2 * w * h, cover),
    "work": lambda a, b: Fraction(a * b, a + b) if a != b else None,
    "weighted_mean": lambda n, m, k, q: Fraction(n * m + k * q, n + k) if m != q else None,
    "both_red": _both_red,
    "positive_test": _positive,
    "lottery": lambda win, k, cost: Fraction(win, k) - cost,
    "price_index": lambda a, b: Fraction(100 * (b - a), a) if b > a else None,
    "speed_units": lambda v: Fraction(36 * v, 10),
    "buoyancy": lambda v: 10 * v,
    "metronome": lambda bpm, bars: Fraction(240 * bars, bpm),
}
