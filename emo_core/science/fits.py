"""Where does a curve level off? Three forms fitted to a falling curve, and a saturation point by rule.

    hyperbola    y(n) = a + b (1 + c) / (n + c)
    power        y(n) = a + b n^(−c)
    exponential  y(n) = a + b e^(−c (n − 1))

b ≥ 0 and a ≥ 0: a divergence falls towards an asymptote that is not negative. For c given, a and b follow by least squares,
so only c is searched, on a grid that is refined around its best; many curves (resamples) are fitted at once. Each form has three
parameters, so AICc (Hurvich & Tsai 1989) ranks them as their residuals do. The points of one curve come from the same clips: a fit
describes the curve, and its uncertainty comes from resampled clips, not from residuals.

**The hyperbola decides.** The divergence of n independent draws falls like a + b/n for large n (Miller 1955), which of the three the
hyperbola alone does, with room for what is different at the first votes. Residuals at 1 … N do not tell which form is right beyond N:
of panels whose true curve is known, the power form often fits best and puts the saturation point three times too far, the
exponential form half as far as it is; the hyperbola comes within a few votes (`docs/decisions.md`). The others are given beside it.

References
    C. M. Hurvich & C.-L. Tsai, "Regression and time series model selection in small samples", Biometrika 76 (1989).
    G. A. Miller, "Note on the bias of information estimates", Information Theory in Psychology (1955).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput

FORMS = {"hyperbola": (0.01, 20.0), "power": (0.05, 5.0), "exponential": (0.01, 5.0)}  # and between what c is searched
DECIDES = "hyperbola"
LEAST_POINTS = 4
FARTHEST = 1_000_000  # votes; a point beyond is called undefined
_GRID, _ROUNDS = 41, 6
_PARAMETERS = 4  # a, b, c and the residual variance


@dataclass(frozen=True)
class Rule:
    """When a curve counts as level: at the smallest n whose remaining gain y(n) − a is at most `value`,

    by "share" of the whole gain y(1) − a (0 … 1), or in "bits".
    """

    kind: str = "share"
    value: float = 0.1

    def __post_init__(self):
        if self.kind not in ("share", "bits") or not 0 < self.value < 1:
            raise BadInput(
                f"A saturation rule is a share or a number of bits between 0 and 1, not {self.kind} {self.value!r}. "
                "Use share 0.1 for nine tenths of the gain."
            )

    def words(self) -> str:
        """The rule as a reader needs it."""
        if self.kind == "share":
            return f"smallest n whose remaining gain is at most {self.value:.0%} of the gain from the first vote on"
        return f"smallest n whose remaining gain is at most {self.value:g} bits"


@dataclass(frozen=True)
class Fit:
    """One form on one curve, or on many: arrays of equal shape then."""

    form: str
    asymptote: np.ndarray  # a, in the curve's unit
    scale: np.ndarray  # b
    rate: np.ndarray  # c
    rss: np.ndarray  # residual sum of squares
    points: int

    @property
    def aicc(self) -> np.ndarray:
        """N ln(RSS / N) + 2k + 2k (k + 1) / (N − k − 1), k = 4; NaN with fewer than six points."""
        n, k = self.points, _PARAMETERS
        if n <= k + 1:
            return np.full(np.shape(self.rss), np.nan)
        return n * np.log(np.maximum(self.rss, 1e-30) / n) + 2 * k + 2 * k * (k + 1) / (n - k - 1)

    def remaining(self, n: np.ndarray) -> np.ndarray:
        """What is still to gain at n votes, y(n) − a."""
        return self.scale * _basis(self.form, np.asarray(n, dtype=float), self.rate)

    def at(self, n: np.ndarray) -> np.ndarray:
        """The fitted curve."""
        return self.asymptote + self.remaining(n)

    def saturation(self, rule: Rule) -> np.ndarray:
        """The smallest n ≥ 1 that meets the rule; NaN beyond `FARTHEST`."""
        allowed = rule.value if rule.kind == "share" else rule.value / np.maximum(self.scale, 1e-300)
        with np.errstate(over="ignore", divide="ignore"):
            exact = {
                "hyperbola": lambda: (1 + self.rate) / allowed - self.rate,
                "power": lambda: allowed ** (-1 / self.rate),
                "exponential": lambda: 1 - np.log(allowed) / self.rate,
            }[self.form]()
        n = np.maximum(np.ceil(exact - 1e-3), 1)  # 10.0001 votes are ten
        n = np.where(self.scale > 0, n, 1.0)
        return np.where(n <= FARTHEST, n, np.nan)


def fit(n: np.ndarray, y: np.ndarray, *, forms: Iterable[str] = FORMS) -> dict[str, Fit]:
    """Each form. n: (points,), at least four, rising from 1 on; y: (points,) or (curves, points).

    Raises BadInput where there are too few points or shapes differ.

    >>> n = np.arange(1, 11)
    >>> found = fit(n, 0.3 + 0.2 / n)["power"]
    >>> round(float(found.asymptote), 4), round(float(found.rate), 4), int(found.saturation(Rule("share", 0.1)))
    (0.3, 1.0, 10)
    """
    n, y = np.asarray(n, dtype=float), np.asarray(y, dtype=float)
    if y.shape[-1:] != n.shape or len(n) < LEAST_POINTS:
        raise BadInput(
            f"A curve of three parameters needs {LEAST_POINTS} points or more, but there are {len(n)} for values of shape "
            f"{y.shape}. Collect more votes a clip."
        )
    curves = y.reshape(-1, len(n))
    found = {form: _search(form, n, curves) for form in forms}
    shape = y.shape[:-1]
    return {form: Fit(form, *(part.reshape(shape) for part in parts), points=len(n)) for form, parts in found.items()}


def better(fits: dict[str, Fit]) -> Fit:
    """Of one curve's fits the one with the lowest AICc, which is the one with the smallest residuals."""
    return min(fits.values(), key=lambda each: float(each.rss))


def _basis(form: str, n: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """1 at n = 1, falling to 0."""
    if form == "hyperbola":
        return (1 + rate) / (n + rate)
    with np.errstate(under="ignore"):
        return n**-rate if form == "power" else np.exp(-rate * (n - 1))


def _search(form: str, n: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """a, b, c and residual sum of squares of each curve (curves, points)."""
    ends = np.log(FORMS[form])
    low, high = (np.full(len(y), end) for end in ends)
    for _ in range(_ROUNDS):
        grid = np.linspace(low, high, _GRID, axis=1)
        a, b, rss = _least_squares(_basis(form, n, np.exp(grid)[:, :, None]), y)
        best = rss.argmin(axis=1)
        reach = 2 * (high - low) / (_GRID - 1)
        row = np.arange(len(y))
        low, high = (np.clip(grid[row, best] + side * reach, *ends) for side in (-1, 1))
    chosen = row, best
    return a[chosen], b[chosen], np.exp(grid[chosen]), rss[chosen]


def _least_squares(basis: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """a ≥ 0, b ≥ 0 and the residual sum of squares of y ≈ a + b · basis: (curves, grid) each. basis: (curves, grid, points)."""
    centre, middle = basis.mean(axis=2), y.mean(axis=1, keepdims=True)
    apart, about = basis - centre[:, :, None], y - middle
    along, size = np.einsum("cgn,cn->cg", apart, about), np.einsum("cgn,cgn->cg", apart, apart)
    b = np.divide(along, size, out=np.zeros_like(along), where=size > 1e-300)
    b[b * along <= 1e-24 * np.square(y).sum(axis=1, keepdims=True)] = 0  # rounding of a flat curve
    b = np.maximum(b, 0)
    a = middle - b * centre
    rss = np.square(about).sum(axis=1, keepdims=True) - 2 * b * along + b * b * size
    below = a < 0  # then it is zero, and b follows by least squares through it
    if below.any():
        through = np.einsum("cgn,cn->cg", basis, y) / np.einsum("cgn,cgn->cg", basis, basis)
        left = np.square(y[:, None] - through[:, :, None] * basis).sum(axis=2)
        a, b, rss = np.where(below, 0.0, a), np.where(below, through, b), np.where(below, left, rss)
    return a, b, np.maximum(rss, 0)
