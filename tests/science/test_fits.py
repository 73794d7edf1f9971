import numpy as np
import pytest
from scipy.optimize import minimize

from emo_core.errors import BadInput
from emo_core.science import fits
from emo_core.science.fits import Fit, Rule

N = np.arange(1, 11)
CURVES = {"power": lambda a, b, c: a + b * N**-c, "exponential": lambda a, b, c: a + b * np.exp(-c * (N - 1.0))}


@pytest.mark.parametrize("form", CURVES)
def test_an_exact_curve_gives_back_its_parameters(form):
    for a in (0.0, 0.02, 0.3):
        for b in (0.05, 0.6):
            for c in (0.3, 0.5, 1.0, 2.5):
                curve = CURVES[form](a, b, c)
                found = fits.fit(N, curve)
                assert fits.better(found) is found[form]
                mine = found[form]
                assert mine.asymptote == pytest.approx(a, abs=1e-6)
                assert mine.rate == pytest.approx(c, abs=1e-4)
                assert np.allclose(mine.at(N), curve, atol=1e-7)
                assert mine.remaining(N) == pytest.approx(mine.at(N) - mine.asymptote)


def one(form: str, b: float, c: float) -> Fit:
    return Fit(form, np.array(0.1), np.array(b), np.array(c), np.array(0.0), 10)


@pytest.mark.parametrize(
    ("fit", "rule", "point"),
    [
        (one("power", 0.4, 1.0), Rule("share", 0.1), 10),  # 1/n = 0.1
        (one("power", 0.4, 1.0), Rule("share", 0.3), 4),  # 1/4 ≤ 0.3 < 1/3
        (one("power", 0.4, 2.0), Rule("share", 0.1), 4),  # 1/16 ≤ 0.1 < 1/9
        (one("power", 0.4, 1.0), Rule("bits", 0.05), 8),  # 0.4 / 8 = 0.05
        (one("power", 0.04, 1.0), Rule("bits", 0.05), 1),  # never more than that to gain
        (one("exponential", 0.4, np.log(2)), Rule("share", 0.1), 5),  # 1/16 ≤ 0.1 < 1/8
        (one("exponential", 0.4, np.log(2)), Rule("share", 0.25), 3),  # 1/4
        (one("exponential", 0.4, np.log(2)), Rule("bits", 0.06), 4),  # 0.05 ≤ 0.06 < 0.1
        (one("exponential", 0.4, 5.0), Rule("share", 0.5), 2),
        (one("power", 0.0, 1.0), Rule("bits", 0.05), 1),
        (one("power", 0.4, 0.05), Rule("share", 0.1), np.nan),  # 10²⁰ votes
        (one("power", 0.4, 0.25), Rule("share", 0.1), 10_000),
    ],
)  # fmt: skip
def test_the_saturation_point_is_the_one_computed_by_hand(fit, rule, point):
    found = float(fit.saturation(rule))
    assert found == point or (np.isnan(found) and np.isnan(point))


def test_the_saturation_point_is_the_first_that_meets_the_rule(rng):
    n = np.arange(1, 5000.0)
    for form in CURVES:
        for b, c in rng.uniform([0.05, 0.5], [0.9, 4.0], size=(40, 2)):
            fit = one(form, b, c)
            for rule in (Rule("share", 0.1), Rule("share", 0.013), Rule("bits", 0.01)):
                allowed = rule.value * (b if rule.kind == "share" else 1)
                assert fit.saturation(rule) == n[fit.remaining(n) <= allowed][0]


@pytest.mark.parametrize("level", [0.0, 0.1, 0.3, 1 / 3, 0.7, 0.123456, 1.0])
def test_a_flat_curve_is_level_at_its_first_vote(level):
    for points in range(4, 13):
        for fit in fits.fit(np.arange(1, points + 1), np.full(points, level)).values():
            assert float(fit.saturation(Rule("share", 0.1))) == float(fit.saturation(Rule("bits", 0.001))) == 1
            assert fit.asymptote == pytest.approx(level, abs=1e-12)


def test_a_rising_curve_is_taken_as_flat():
    for fit in fits.fit(N, 0.5 - 0.2 / N).values():
        assert (float(fit.scale), float(fit.saturation(Rule()))) == (0.0, 1.0)
        assert fit.asymptote == pytest.approx((0.5 - 0.2 / N).mean())


def test_aicc_is_the_formula_by_hand_and_undefined_below_six_points():
    fit = Fit("power", np.array(0.1), np.array(0.2), np.array(1.0), np.array(0.0012), 10)
    # N = 10, k = 4: 10 ln(0.00012) + 8 + 2·4·5 / 5
    assert fit.aicc == pytest.approx(10 * -9.02801882 + 8 + 8, abs=1e-6)
    curve = 0.3 + 0.2 / N + 0.001 * (-1.0) ** N
    assert np.isnan(fits.fit(N[:5], curve[:5])["power"].aicc)
    found = fits.fit(N[:6], curve[:6])
    residuals = curve[:6] - found["power"].at(N[:6])
    assert found["power"].rss == pytest.approx(residuals @ residuals, rel=1e-9)
    assert found["power"].aicc == pytest.approx(6 * np.log(residuals @ residuals / 6) + 8 + 40, rel=1e-9)
    assert fits.better(found).aicc == min(each.aicc for each in found.values())


def test_many_curves_at_once_are_the_curves_one_by_one_and_none_ends_below_zero(rng):
    curves = 0.4 * N ** -rng.uniform(0.2, 2.0, size=(60, 1)) + rng.normal(0, 0.02, size=(60, 10))
    batch = fits.fit(N, curves)
    for form, many in batch.items():
        assert (many.asymptote >= 0).all() and (many.scale >= 0).all()
        points = many.saturation(Rule())
        for row, curve in enumerate(curves):
            alone = fits.fit(N, curve)[form]
            for name in ("asymptote", "scale", "rate", "rss"):
                assert getattr(alone, name) == pytest.approx(getattr(many, name)[row], abs=1e-9)
            assert np.array_equal(alone.saturation(Rule()), points[row], equal_nan=True)


@pytest.mark.parametrize("curve", [1 - N / 11, 0.4 / N + 0.1, 0.4 * N**-0.4 - 0.05, 0.3 * np.exp(-0.2 * N)])
def test_no_curve_of_the_form_with_an_asymptote_of_zero_or_more_comes_closer(curve):
    for form, draw in CURVES.items():
        fit = fits.fit(N, curve)[form]

        def rss(x, draw=draw):
            return 1e4 * np.square(draw(*x) - curve).sum()

        start = [float(fit.asymptote), float(fit.scale), float(fit.rate)]
        limits = [(0, None), (0, None), fits.FORMS[form]]
        best = minimize(rss, start, bounds=limits, method="L-BFGS-B", options={"ftol": 1e-14, "maxiter": 2000})
        assert float(fit.rss) <= best.fun / 1e4 * 1.01 + 1e-9


def test_the_rule_says_what_it_is():
    assert "at most 10% of the gain" in Rule().words() and "at most 0.02 bits" in Rule("bits", 0.02).words()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fits.fit(N[:3], 1 / N[:3]), "needs 4 points or more, but there are 3"),
        (lambda: fits.fit(N, 1 / N[:9]), "shape (9,)"),
        (lambda: Rule("share", 1.0), "between 0 and 1, not share 1.0"),
        (lambda: Rule("bits", 0), "not bits 0"),
        (lambda: Rule("votes", 0.1), "not votes 0.1"),
    ],
)
def test_what_breaks_a_rule_is_named(call, message):
    with pytest.raises(BadInput) as refusal:
        call()
    assert message in str(refusal.value)
