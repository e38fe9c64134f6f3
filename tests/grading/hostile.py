r"""Answers that make a careless grader hang, grow, crash or run them; none is worth 42, (A), blue or a list.

Each is a name and what stands between `\boxed{` and `}`; some close the box themselves.
"""

BRACKETS = (
    ("parentheses", "(", ")"),
    ("square brackets", "[", "]"),
    ("set braces", r"\{", r"\}"),
    ("bare braces", "{", "}"),
    ("left and right", r"\left(", r"\right)"),
    ("bars", r"\left|", r"\right|"),
    ("floors", r"\lfloor ", r" \rfloor"),
    ("roots", r"\sqrt{", "}"),
    ("cube roots", r"\sqrt[3]{", "}"),
    ("fractions below", r"\frac{1}{", "}"),
    ("fractions above", r"\frac{", "}{7}"),
    ("powers", "2^{", "}"),
    ("indices", "x_{", "}"),
    ("texts", r"\text{", "}"),
    ("boxes", r"\boxed{", "}"),
    ("logarithms", r"\log_{2}{", "}"),
    ("sines", r"\sin(", ")"),
    ("sums", r"\sum_{i=1}^{9}{", "}"),
    ("integrals", r"\int_{0}^{1}{", "} dx"),
    ("matrices", r"\begin{pmatrix}", r"\end{pmatrix}"),
)


def _nested(left: str, right: str, depth: int) -> str:
    return left * depth + "3" + right * depth


def _matrix(rows: int, columns: int) -> str:
    return r"\begin{pmatrix}" + r"\\".join(["&".join("7" * columns)] * rows) + r"\end{pmatrix}"


def _roots(count: int) -> str:
    return "+".join(rf"\sqrt{{{number}}}" for number in range(2, count + 2))


def _continued(depth: int) -> str:
    return r"1+\cfrac{1}{" * depth + "x" + "}" * depth


BIG_NUMBERS = [
    ("tower", "9^{9^{9^9}}"),
    ("tower of stars", "10**10**10"),
    ("tower of carets", "2^" * 200 + "2"),
    ("power", "7^{10^8}"),
    ("negative power", "7^{-10^8}"),
    ("power of a fraction", r"(\frac{3}{7})^{10^7}"),
    ("root of a power", r"\sqrt[10^9]{2^{10^9}}"),
    ("factorial", "(10^9)!"),
    ("factorials", "9!!!!!!"),
    ("factorial of a formula", "(3x)" + "!" * 500),
    ("binomial", r"\binom{10^9}{5\cdot 10^8}"),
    ("modulus", r"7^{10^{18}} \bmod 10^9"),
    ("digits", "9" * 1_000_000),
    ("digits behind the point", "0." + "3" * 100_000),
    ("exponent", "1e999999999"),
    ("small exponent", "1e-999999999"),
    ("product of digits", r"\cdot".join(["9" * 900] * 100)),
    ("percent", "9" * 5_000 + r"\%"),
    ("long sum", r"\sum_{i=1}^{10^{12}} i"),
    ("long product", r"\prod_{i=1}^{10^9} i"),
    ("zeta", r"\sum_{n=1}^{\infty} \frac{1}{n^{3}}"),
    ("greatest common divisor", r"\gcd(10^{5000}+1, 10^{4999}+3)"),
    ("base", "F" * 5_000 + "_{16}"),
]
ALGEBRA = [
    ("integral of a tower", r"\int_0^1 x^{x^{x^{x}}} dx"),
    ("limit", r"\lim_{x \to 0} \frac{\sin(\tan x)-\tan(\sin x)}{x^7}"),
    ("expansion", "(a+b+c+d+e+f+g+h)^{40}"),
    ("expansion of twenty", "(" + "+".join("abcdfghjklmnpqrstuvw") + ")^{20}"),
    ("sum of roots", _roots(60)),
    ("power of roots", f"({_roots(12)})^{{12}}"),
    ("denominator of roots", rf"\frac{{1}}{{{_roots(12)}}}"),
    ("denested roots", r"\sqrt{2+" * 20 + "x" + "}" * 20),
    ("continued fraction", _continued(20)),
    ("long continued fraction", _continued(300)),
    ("trigonometry", "".join(rf"\sin({n}x)\cos({n}y)\tan({n}z)" for n in range(2, 40))),
    ("inequality", "x^{40}-3x^{39}+x-7 < 0"),
    ("chain of inequalities", "<".join("abcdefghijklmnopqrstuvwxyz" * 4)),
    ("equation of high degree", "x^{200}+x^{199}+7=y^{198}"),
    ("union of intervals", r"\cup".join(f"({n},{n}.5)" for n in range(500))),
    ("large matrix", _matrix(300, 300)),
    ("matrix power", f"{_matrix(8, 8)}^{{10^6}}"),
    ("wide matrix", _matrix(1, 5_000)),
    ("determinant", _matrix(9, 9).replace("pmatrix", "vmatrix").replace("7", "x")),
]
REPETITIONS = [
    ("one letter", "x" * 200_000),
    ("two words", "wait, " * 20_000),
    ("ones", "1+" * 50_000 + "1"),
    ("products", "x*" * 50_000 + "x"),
    ("minus signs", "-" * 100_000 + "1"),
    ("plus and minus", r"\pm " * 2_000 + "1"),
    ("a few plus and minus", "+".join(rf"\pm {n}" for n in range(1, 21))),
    ("commas", "," * 100_000),
    ("list", ",".join(map(str, range(20_000)))),
    ("list of formulas", ",".join(rf"\sqrt{{{n}}}x+{n}" for n in range(300))),
    ("set of equal items", r"\{" + ",".join(["a+b", "b+a"] * 400) + r"\}"),
    ("set of near roots", r"\{" + ",".join(rf"\sqrt{{{n}}}+x" for n in range(60)) + r"\}"),
    ("pairs", ",".join(f"({n},{n})" for n in range(5_000))),
    ("letters", "A, B, C, D or " * 5_000),
    ("white space", " " * 100_000 + "x" + "\n" * 100_000),
    ("thin space", r"\," * 50_000 + "x"),
    ("dollar signs", "$" * 100_000),
    ("backslashes", "\\" * 100_001),
    ("escaped braces", r"\{" * 30_000),
    ("commands", r"\frac" * 20_000),
    ("left alone", r"\left" * 20_000),
    ("degrees", r"^\circ" * 20_000),
    ("quotes", "'" * 100_000),
    ("equal signs", "x=" * 30_000 + "3"),
    ("units", r"3\text{ cm}" * 3_000),
    ("thousands", "1" + ",000" * 20_000),
    ("almost a number", "1," * 20_000 + "x"),
    ("almost a mixed number", "1 " * 20_000 + "/"),
    ("almost an option", "(" * 20_000 + "B" + " " * 20_000 + "."),
    ("the answer is", "the answer is " * 8_000),
]
BOXES = [
    ("many boxes", r"1}\boxed{" * 20_000),
    ("unclosed boxes", r"1}" + r"\boxed{1" * 20_000),
    ("boxes and fractions", r"1} or \boxed{\frac{1}{2}" * 5_000),
    ("boxes joined", r"1}, \boxed{2" * 15),
    ("boxes without braces", r"1} " + r"\boxed 1 " * 20_000),
    ("closing braces", "1" + "}" * 100_000),
    ("thoughts", "1</think>" * 20_000 + "<think>" * 20_000),
]
STRANGE = [
    ("code", "__import__('os').system('touch pwned')"),
    ("code of sympy", "Symbol('x').__class__.__bases__[0].__subclasses__()"),
    ("code in text", r"\text{exec(open('pwned','w').write('1'))}"),
    ("shell", "$(touch pwned)`touch pwned`"),
    ("input", r"\input{/etc/passwd}\write18{touch pwned}"),
    ("format", "{0.__class__}%s%n%x"),
    ("empty json", '{"answer": [null, 1e999, NaN]}'),
    ("nulls", "\0" * 1_000),
    ("half a character", "\ud800" * 500),
    ("combining accents", "e" + "\u0301" * 50_000),
    ("no width", "\u200b\u2060\ufeff\u00ad" * 5_000 + "7"),
    ("right to left", "\u202e24\u202c" * 2_000),
    ("superscripts", "2" + "⁹" * 5_000),
    ("odd digits", "٤٢٤" * 3_000),
    ("wide digits", "\uff19" * 5_000),
    ("ligature that grows", "\ufdfa" * 20_000),
    ("capital that grows", "ŉß" * 20_000),
    ("emoji", "👩‍👩‍👧‍👦" * 5_000),
    ("control codes", "\x1b[2J\x08oxed{7\x07\x7f" * 500),
    ("fullwidth", "\uff08" * 3_000 + "\uff17" + "\uff09" * 3_000),
    ("infinity", r"\infty - \infty"),
    ("not a number", "nan"),
    ("zero divided", r"\frac{0}{0}"),
    ("zero to the zero", "0^0"),
    ("recurring", r"0.\overline{" + "142857" * 3_000 + "}"),
]
HOSTILE: list[tuple[str, str]] = [
    *((f"nested {name}", _nested(left, right, 3_000)) for name, left, right in BRACKETS),
    *((f"20 {name}", _nested(left, right, 20)) for name, left, right in BRACKETS),
    *(("open " + name, left * 3_000) for name, left, _ in BRACKETS[:6]),
    *BIG_NUMBERS,
    *ALGEBRA,
    *REPETITIONS,
    *BOXES,
    *STRANGE,
]
"""Names and answers."""
