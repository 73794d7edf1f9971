"""Whole analyses of a study: votes in, plain documents out, each figure with its n, interval and settings.

The pages, the command line and the paper pack all call these. They take `StudyData`, plain arrays that come from a store or
from a pack's files, so that `pack --check` recomputes with the very code that made the figures.

| module | question |
|---|---|
| data | the votes of a study |
| saturation | where do more candidate votes stop helping? |
| ambiguity | for which clips? |
| standin | may a panel stand in for a listener? |
| advice | where would one more vote help most? |
| sandbox | what if the votes were fewer, smoothed, weighted, or without some raters? |
| model_sources | what did models say of each clip, as distributions? |
| distributions | how close do what models say and what their logits say come to the listeners? |
| augmentation | which emotions are rare in the training votes, and what would mixtures of clips change? |
| results | does training on these votes help? |
| results_data, results_cells | what runs predicted of clips that all share; runs that differ in the seed alone |
| results_parts, results_calibration, results_noise | pieces of that document; the listeners' own noise |
| results_runs | how the training runs are, what was chosen for them, and their cards |
"""

from emo_core.analysis import advice, ambiguity, data, distributions, model_sources, sandbox, saturation, standin

__all__ = ["advice", "ambiguity", "data", "distributions", "model_sources", "sandbox", "saturation", "standin"]
