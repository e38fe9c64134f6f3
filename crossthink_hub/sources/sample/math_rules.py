"""The rules of `math.yaml`: each works out the answer from the values shown, or rejects them (None)."""

import re
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from math import comb, factorial, gcd, isqrt, lcm, prod

from crossthink_hub.sources.sample.drawing import Rule
from crossthink_hub.sources.sample.tex import common_fraction, root, tex


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]


def _digits(n: int, base: int) -> str:
    return (_digits(n // base, base) if n >= base else "") + str(n % base)


def _fraction_sum(a: int, b: int, c: int, d: int) -> str | None:
    proper = a < b and c < d and b != d and gcd(a, b) == gcd(c, d) == 1
    return common_fraction(Fraction(a, b) + Fraction(c, d)) if proper else None


def _interval(total: int, product: int) -> str | None:
    width = isqrt(max(0, total * total - 4 * product))
    exact = width > 0 and width * width == total * total - 4 * product
    return f"({(total - width) // 2},{(total + width) // 2})" if exact else None


def _midpoint(a: int, b: int, c: int, d: int) -> str | None:
    x, y = Fraction(a + c, 2), Fraction(b + d, 2)
    if a == c or b == d:
        return None
    return f"({x},{y})" if x.denominator == y.denominator == 1 else rf"\left({tex(x)},{tex(y)}\right)"


def _smaller_factor(b: int, c: int) -> str | None:
    fitting = [n for n in range(1, isqrt(c) + 1) if n * (n + b) == c]
    return str(fitting[0]) if fitting else None


def _two_sides(a: int, b: int, angle: int) -> str:
    square = {30: 1, 45: 2, 60: 3}[min(angle, 180 - angle)]  # (2 sin)²
    return root(a * a * b * b * square, 4)


def _from_line(sides: str, x: int, y: int, c: int) -> str | None:
    a, b = map(int, re.findall(r"\d+", sides))
    gap = abs(a * x + b * y - c)
    return tex(Fraction(gap, isqrt(a * a + b * b))) if gap else None


RULES: Mapping[str, Rule] = {
    "power_remainder": lambda a, b, m: str(left) if (left := pow(a, b, m)) > 1 else None,
    "divisor_count": lambda n: str(k) if (k := len(_divisors(n))) >= 8 else None,
    "congruence": lambda a, b, m: str(b * pow(a, -1, m) % m) if gcd(a, m) == 1 and b % a else None,
    "base_digits": lambda n, base: f"{_digits(n, base)}_{base}",
    "final_zeros": lambda n: str(n // 5 + n // 25 + n // 125),
    "multiple_divisors": lambda n, d: str(k) if n % d == 0 and (k := len(_divisors(n // d))) > 2 else None,
    "fraction_sum": _fraction_sum,
    "discount": lambda a, b: rf"{100 - (100 - a) * (100 - b) // 100}\%",
    "reading": lambda first, more: str(7 * first + 21 * more),
    "ratio": lambda a, b, n: str(n * a // (a + b)) if gcd(a, b) == 1 and n % (a + b) == 0 else None,
    "fifth_number": lambda mean, p, q, r, s: str(n) if (n := 5 * mean - p - q - r - s) > 0 else None,
    "root_squares": lambda b, c: str(b * b - 2 * c) if b * b > 4 * c else None,
    "expand": lambda a, b: f"x^2{2 * a - b:+}x+{a * a}" if abs(2 * a - b) > 1 else None,
    "surd_product": lambda a, b: found if (found := root(a * b)) != rf"\sqrt{{{a * b}}}" and a != b else None,
    "intersection": lambda a, b, c, d: (
        f"({x},{a * x + b})" if c > a and (b + d) % (c - a) == 0 and (x := (b + d) // (c - a)) else None
    ),
    "arithmetic_sum": lambda n, first, step: str(n * first + step * n * (n - 1) // 2),
    "composition": lambda a, b, c, d, x: str(a * (c * x - d) ** 2 + b),
    "interval": _interval,
    "complex_product": lambda a, b, c, d: (
        f"{a * c + b * d}{b * c - a * d:+}i" if abs(b * c - a * d) > 1 else None
    ),
    "matrix_vector": lambda a, b, c, d, x, y: (
        rf"\begin{{pmatrix}} {a * x + b * y} \\ {c * x + d * y} \end{{pmatrix}}" if x and y else None
    ),
    "committee": lambda n, k: str(n * comb(n - 1, k)),
    "die_sum": lambda n, total: common_fraction(Fraction(max(0, n - abs(total - n - 1)), n * n)),
    "letters": lambda word: str(factorial(len(word)) // prod(map(factorial, Counter(word).values()))),
    "same_colour": lambda a, b: common_fraction(Fraction(comb(a, 2) + comb(b, 2), comb(a + b, 2))),
    "three_digits": lambda a, b: str(sum(n % a == 0 != n % b for n in range(100, 1000))) if a % b else None,
    "paths": lambda a, b, c, d: str(comb(a + b, a) * comb(c - a + d - b, c - a)),
    "hypotenuse": lambda a, b: root(a * a + b * b),
    "equilateral": lambda side: root(3 * side**4, 4),
    "triangle_area": lambda a, b, c, d: tex(Fraction(abs(a * d - b * c), 2)) if a * d != b * c else None,
    "cylinder": lambda r, h: tex(2 * r * (r + h), r"\pi"),
    "sector": lambda angle, r: tex(Fraction(angle * r * r, 360), r"\pi"),
    "angle_ratio": lambda a, b, c: (
        rf"{180 * max(a, b, c) // (a + b + c)}^\circ"
        if 180 % (a + b + c) == 0 and len({a, b, c}) == 3
        else None
    ),
    "midpoint": _midpoint,
    "logarithm": lambda b, s, n: str(b**n + s),
    "geometric_series": lambda a, r: tex(Fraction(a * r, r - 1)),
    "larger_root": _smaller_factor,
    "remainder_theorem": lambda a, b, c, d: str(a * d**3 - b * d + c),
    "minimum": lambda b, c: tex(c - Fraction(b * b, 4)),
    "two_sides": _two_sides,
    "circle_radius": lambda a, b, c: root(c) if c > 1 else None,
    "least_multiple": lambda a, b: str(lcm(a, b)) if gcd(a, b) > 1 and a != b else None,
    "units_digit": lambda a, n: str(pow(a, n, 10)) if a % 10 > 1 else None,
    "consecutive": lambda n, middle: str(n * middle),
    "cone": lambda r, h: tex(Fraction(r * r * h, 3), r"\pi"),
    "diagonals": lambda n: str(n * (n - 3) // 2),
    "three_unknowns": lambda n: str(comb(n + 2, 2)),
    "coins": lambda n, k: common_fraction(Fraction(comb(n, k), 2**n)) if k < n else None,
    "sum_difference": lambda s, d: str((s * s - d * d) // 4) if s > d and (s - d) % 2 == 0 else None,
    "inverse_function": lambda a, b, c, y: (
        tex(Fraction(c * y - b, a)) if c * y > b and gcd(a, b) == 1 else None
    ),
    "perpendicular": lambda a, b, c: tex(Fraction(-a * c, b)),
    "point_line": _from_line,
    "telescope": lambda m, n: common_fraction(Fraction(1, m) - Fraction(1, n + 1)),
}
