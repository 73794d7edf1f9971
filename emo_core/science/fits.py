"""Where does a curve level off? Two forms fitted to a falling curve, the better by AICc, and a saturation point by rule.

    power        y(n) = a + b n^(−c)
    exponential  y(n) = a + b e^(−c (n − 1))

b ≥ 0 and a ≥ 0: a divergence falls towards an asymptote that is not negative. For c given, a and b follow by least squares,
so only c is searched, on a grid that is refined around its best; many curves (resamples) are fitted at once. Both forms have
three parameters, so AICc (Hurvich & Tsai 1989) ranks them as their residuals do; it is given because readers ask for it. The
points of one curve come from the same clips: the fit describes the curve, and its uncertainty comes from resampled clips, not
from residuals.

The theory of small samples (Miller 1955) has a divergence fall like a + b/n, so the power form with c near 1 is expected where
votes are independent draws.

References
    C. M. Hurvich & C.-L. Tsai, "Regression and time series model selection in small samples", Biometrika 76 (1989).
    G. A. Miller, "Note on the bias of information estimates", Information Theory in Psychology (1955).
"""

from dataclasses import dataclass

import numpy as np

from emo_core.errors import BadInput

FORMS = {"power": (0.05, 5.0), "exponential": (0.01, 5.0)}  # and between what c is searched
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
            exact = allowed ** (-1 / self.rate) if self.form == "power" else 1 - np.log(allowed) / self.rate
        n = np.maximum(np.ceil(exact - 1e-3), 1)  # 10.0001 votes are ten
        n = np.where(self.scale > 0, n, 1.0)
        return np.where(n <= FARTHEST, n, np.nan)


def fit(n: np.ndarray, y: np.ndarray) -> dict[str, Fit]:
    """Both forms. n: (points,), at least four, rising from 1 on; y: (points,) or (curves, points).

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
    found = {form: _search(form, n, curves) for form in FORMS}
    shape = y.shape[:-1]
    return {form: Fit(form, *(part.reshape(shape) for part in parts), points=len(n)) for form, parts in found.items()}


def better(fits: dict[str, Fit]) -> Fit:
    """Of one curve's fits the one with the lower AICc, which is the one with the smaller residuals."""
    return min(fits.values(), key=lambda each: float(each.rss))


def _basis(form: str, n: np.ndarray, rate: np.ndarray) -> np.ndarray:
    with np.errstate(under="ignore"):
        return n**-rate if form == "power" else np.exp(-rate * (n - 1))


def _search(form: str, n: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """a, b, c and residual sum of squares of each curve (curves, points)."""
    low, high = np.log(FORMS[form])
    low, high = np.full(len(y), low), np.full(len(y), high)
    middle = y.mean(axis=1, keepdims=True)
    about = y - middle
    for _ in range(_ROUNDS):
        rates = np.exp(np.linspace(low, high, _GRID, axis=1))  # (curves, grid)
        basis = _basis(form, n, rates[:, :, None])
        centre = basis.mean(axis=2)
        basis = basis - centre[:, :, None]
        along, size = np.einsum("cgn,cn->cg", basis, about), np.einsum("cgn,cgn->cg", basis, basis)
        scale = np.divide(along, size, out=np.zeros_like(along), where=size > 1e-300)
        explained = np.where((scale >= 0) & (middle - scale * centre >= 0), scale * along, -1.0)
        best = explained.argmax(axis=1)
        step = (high - low) / (_GRID - 1)
        at = low + best * step
        low, high = (np.clip(end, *np.log(FORMS[form])) for end in (at - 2 * step, at + 2 * step))
    row = np.arange(len(y))
    flat = explained[row, best] <= 0  # nothing falls: the mean is all there is
    b = np.where(flat, 0.0, scale[row, best])
    a = middle[:, 0] - b * centre[row, best]
    rss = np.square(about - b[:, None] * basis[row, best]).sum(axis=1)
    return a, b, rates[row, best], rss
