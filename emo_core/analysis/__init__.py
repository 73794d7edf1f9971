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
"""

from emo_core.analysis import advice, ambiguity, data, distributions, model_sources, sandbox, saturation, standin

__all__ = ["advice", "ambiguity", "data", "distributions", "model_sources", "sandbox", "saturation", "standin"]
