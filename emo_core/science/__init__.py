"""The textbook: votes, distributions and what may be concluded from them, in pure NumPy.

Arrays in, arrays out: no files, no tables, no names of corpora. Counts and distributions have clips in rows and
emotions in the last axis; what is undefined is NaN; figures are in bits where logarithms are involved.

| module | question |
|---|---|
| distributions | what did the listeners hear, and how ambiguous is it? |
| divergences | how far are two distributions apart? |
| agreement | do raters agree more than chance would have them? |
| chance_corrected | the same with unequal numbers of votes, named raters, or weights |
| ratings | do raters agree on a scale? |
| raters | who hears like whom? |
| dawid_skene | what does each rater say when the panel hears sad? |
| inference | how sure is a figure? |
| comparison | two panels side by side, every figure with n and interval |
| subsets | what would fewer votes have shown? Exact means over all subsets |
| saturation | where do more candidate votes stop helping? |
| fits | where does a curve level off? |
| noise_floor | what would other listeners score, and what is a candidate vote worth? |
| complement | do candidate votes help human ones? |
| ambiguity | for which clips? Strata, kinds, effective listeners |
| standin | may a panel stand in for a listener? |
| paired | which of two panels comes closer? |
| breakdown | which raters of a panel add spread, and which add bias? |
| dirichlet | how much do clips differ? |
| advisor | where would one more vote help most? |
| logits | what does a model say of a clip, as a distribution? |
| closeness | how close does what models say come to the listeners? |
| reliability | every coefficient of agreement of one panel, with intervals |
| calibration | do a model's shares mean what they say? |
"""

from emo_core.science.agreement import (
    Agreement,
    ac1_from_sums,
    ac1_terms,
    alpha_from_sums,
    alpha_terms,
    fleiss_kappa,
    gwet_ac1,
    kappa_from_sums,
    kappa_terms,
    krippendorff_alpha,
    per_emotion,
    percent_agreement,
    percent_from_sums,
    percent_terms,
)
from emo_core.science.comparison import Figure, compare, correlation, majority_match, majority_table, mean_figure
from emo_core.science.distributions import entropy, majority, majority_names, normalise, pool
from emo_core.science.divergences import (
    bhattacharyya_coefficient,
    bhattacharyya_distance,
    hellinger_distance,
    jensen_shannon_distance,
    jensen_shannon_divergence,
    kullback_leibler_divergence,
    r_squared,
    r_squared_from_sums,
    r_squared_terms,
    total_variation_distance,
)
from emo_core.science.inference import Interval, Mean, bootstrap_interval, mean_interval, wilson_interval

__all__ = [
    "Agreement",
    "Figure",
    "Interval",
    "Mean",
    "ac1_from_sums",
    "ac1_terms",
    "alpha_from_sums",
    "alpha_terms",
    "bhattacharyya_coefficient",
    "bhattacharyya_distance",
    "bootstrap_interval",
    "compare",
    "correlation",
    "entropy",
    "fleiss_kappa",
    "gwet_ac1",
    "hellinger_distance",
    "jensen_shannon_distance",
    "jensen_shannon_divergence",
    "kappa_from_sums",
    "kappa_terms",
    "krippendorff_alpha",
    "kullback_leibler_divergence",
    "majority",
    "majority_match",
    "majority_names",
    "majority_table",
    "mean_figure",
    "mean_interval",
    "normalise",
    "per_emotion",
    "percent_agreement",
    "percent_from_sums",
    "percent_terms",
    "pool",
    "r_squared",
    "r_squared_from_sums",
    "r_squared_terms",
    "total_variation_distance",
    "wilson_interval",
]
