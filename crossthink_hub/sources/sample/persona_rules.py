"""The rules of `personas.yaml`: each works out the answer from the values shown, or rejects them (None)."""

from collections.abc import Mapping
from fractions import Fraction
from math import comb, gcd, lcm

from crossthink_hub.sources.sample.drawing import Answer, Rule, decimal
from crossthink_hub.sources.sample.tex import root, tex


def _whole(value: Fraction) -> Fraction | None:
    return value if value.denominator == 1 and value > 0 else None


def _exact(value: Fraction) -> str | None:
    return (decimal(value) or tex(value)) if value > 0 else None


def _books(a: int, b: int, rest: int) -> Answer | None:
    total = Fraction(rest) / (1 - Fraction(1, a) - Fraction(1, b))
    return total if total % a == total % b == 0 and a != b else None


def _rare_beans(cheap: int, dear: int, target: int, kilos: int) -> Answer | None:
    return Fraction(kilos * (target - cheap), dear - cheap) if cheap < target < dear else None


def _some_goal(top: int, bottom: int, n: int) -> Answer | None:
    if top >= bottom or gcd(top, bottom) > 1:
        return None
    return tex(1 - (1 - Fraction(top, bottom)) ** n)


def _current(km: int, down: int, up: int) -> Answer | None:
    return _exact((Fraction(km, down) - Fraction(km, up)) / 2)


def _print_area(w: int, h: int, big: int) -> Answer | None:
    return _whole(Fraction(big * big * h, w)) if h < w < big else None


def _shirt(first: int, second: int, a: int, b: int, c: int, d: int) -> Answer | None:
    determinant = a * d - b * c
    if not determinant:
        return None
    shirt = Fraction(first * d - b * second, determinant)
    trousers = Fraction(a * second - first * c, determinant)
    return shirt if shirt.denominator == trousers.denominator == 1 and 12 < shirt < trousers < 90 else None


def _missing_day(mean: int, **others: int) -> Answer | None:
    missing = 7 * mean - sum(others.values())
    return missing if 1 <= missing <= 30 else None


def _stones(a: int, b: int, c: int) -> Answer | None:
    fitting = [n for n in range(1, 5 * 7 * 9) if (n % 5, n % 7, n % 9) == (a, b, c)]
    return fitting[0] if fitting[0] <= 300 else None


def _day_of_arrival(first: int, less: int, total: int) -> Answer | None:
    gained = 0
    for day, metres in enumerate(range(first, 150, -less), 1):
        gained += metres
        if gained >= total:
            return day
    return None


def _saved(start: int, rate: int, more: int) -> Answer:
    factor = 1 + Fraction(rate, 100)
    return (start * factor + more) * factor


def _profit(cost: int, markup: int, cut: int) -> Answer | None:
    profit = cost * (Fraction((100 + markup) * (100 - cut), 10_000) - 1)
    return profit if profit > 0 else None


def _squares(w: int, h: int) -> Answer | None:
    side = gcd(w, h)
    return (w // side) * (h // side) if side >= 8 and w != h else None


def _tortoises(heads: int, legs: int) -> Answer | None:
    tortoises = Fraction(legs, 2) - heads
    return _whole(tortoises) if 3 < tortoises < heads - 3 else None


def _left(half: int, age: int) -> Answer | None:
    return tex(Fraction(1, 2 ** (age // half))) if age % half == 0 and 2 <= age // half <= 8 else None


def _filled(a: int, b: int, c: int) -> Answer | None:
    rate = Fraction(1, a) + Fraction(1, b) - Fraction(1, c)
    return tex(1 / rate) if a < b < c else None


RULES: Mapping[str, Rule] = {
    "honey": lambda hives, kilos, loss, grams: hives * kilos * 10 * (100 - loss) // grams,
    "bus_line": lambda ride, pause, start, hours: (60 * hours + pause) // (ride + pause),
    "ovens": lambda first, second: lcm(first, second) if first < second else None,
    "infusion": lambda volume, hours, factor: _whole(Fraction(volume * factor, 60 * hours)),
    "saw_cuts": lambda board, piece, kerf: (board + kerf) // (piece + kerf),
    "hill_training": lambda up, down, km: _exact(Fraction(2 * up * down, up + down)) if up < down else None,
    "library_move": _books,
    "comets": lambda p, q, year: year + lcm(p, q) if p < q else None,
    "coffee_blend": _rare_beans,
    "ramp": lambda rise, run: root(rise * rise + run * run),
    "penalties": _some_goal,
    "pond": lambda radius, width: tex((radius + width) ** 2 - radius**2, r"\pi"),
    "current": _current,
    "glazes": lambda shapes, glazes, handles: shapes * comb(glazes, 2) * (handles + 1),
    "choir": lambda women, men, a, b: comb(women, a) * comb(men, b),
    "sale": _profit,
    "prints": _print_area,
    "lamps": lambda a, b, c: (
        tex(1 / (Fraction(1, a) + Fraction(1, b) + Fraction(1, c))) if a < b < c else None
    ),
    "dose": lambda kg, mg, tablet, days: Fraction(2 * kg * mg * days, tablet),
    "trains": lambda km, v, w: _exact(Fraction(60 * km, v + w)) if v > w else None,
    "tailor": _shirt,
    "chess": lambda n, boards, rounds: -(-n * (n - 1) // (boards * rounds)),
    "mean_temperature": _missing_day,
    "levels": lambda first, n: first * (2 ** (n - 1) - 1),
    "stones": _stones,
    "fence": lambda length: _exact(Fraction(length * length, 8)),
    "ascent": _day_of_arrival,
    "savings": _saved,
    "perfume": lambda ml, strong, weak: Fraction(ml * (strong - weak), weak),
    "soup": lambda people, grams, more: Fraction(grams * more, 1000 * people),
    "courier": lambda lead, slow, fast: (
        _exact(Fraction(lead * slow, fast - slow)) if fast > slow + 2 else None
    ),
    "quilt": _squares,
    "antenna": lambda mhz: tex(Fraction(75, mhz)),
    "lights": lambda n, k: 2**n - sum(comb(n, fewer) for fewer in range(k)),
    "pens": _tortoises,
    "pool": _filled,
    "isotope": _left,
    "cheese": lambda d, h, parts: tex(Fraction(d * d * h, 4 * parts), r"\pi"),
    "survey": lambda n, a, m, b: _exact(Fraction(n * a + m * b, n + m)) if a != b else None,
    "taxi": lambda base, near, far, limit, km: (
        base + near * limit + far * (km - limit) if near > far else None
    ),
    "raffle": lambda n, wins: tex(1 - Fraction(comb(n - wins, 2), comb(n, 2))),
}
