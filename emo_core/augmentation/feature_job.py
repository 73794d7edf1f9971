"""The work of a job of features, in a process of its own: `python -m emo_core.augmentation.feature_job FOLDER`.

The folder holds `features.json` and `clips.parquet`. Each clip's features are kept as they come, so that work begun again goes on
where it was; a clip whose sound cannot be used is counted and named.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from emo_core.annotators import clips as heard
from emo_core.annotators.clips import Clip
from emo_core.augmentation import feature_sets, features
from emo_core.errors import AudioError
from emo_core.jobs.worker import Reporter, carry_out


def work(folder: Path, reporter: Reporter) -> None:
    """Compute what is missing and keep the set. Raises Stopped; AudioError where no clip's sound can be used; BadInput."""
    asked = json.loads((folder / feature_sets.REQUEST).read_text(encoding="utf-8"))
    clips = heard.read(folder).rows
    # The key is taken before the files are read: one that changes meanwhile then asks for another set.
    key = feature_sets.set_key(clips, asked["version"])
    cache = folder.parents[1] / feature_sets.CACHE
    rows, unusable, computed = _compute(clips, _kind(asked), cache, reporter)
    if not rows:
        first, reason = next(iter(unusable.items()))
        raise AudioError(f"None of the {len(clips)} clips has usable sound. The first, {first}: {reason}")
    nothing = np.full(len(next(iter(rows.values()))), np.nan, dtype=np.float32)
    values = np.array([rows.get(clip.clip, nothing) for clip in clips])
    feature_sets.write(cache, key, feature_sets.FeatureSet(values, unusable))
    reporter.finish({"key": key, "clips": len(clips), "computed": computed, "unusable": unusable})


def _compute(
    clips: Sequence[Clip], kind: features.Kind, cache: Path, reporter: Reporter
) -> tuple[dict[str, np.ndarray], dict[str, str], int]:
    """The features of each clip, why others have none, and how many were computed now."""
    rows, unusable, computed = {}, {}, 0
    for done, clip in enumerate(clips, 1):
        reporter.check()
        try:
            found = features.features_of([clip], kind, cache)
            rows[clip.clip], computed = found.values[0], computed + found.computed
        except AudioError as error:
            unusable[clip.clip] = str(error)
            print(error, flush=True)
        reporter.report(done, len(clips), clip.clip, computed=computed, unusable=len(unusable))
    return rows, unusable, computed


def _kind(asked: dict) -> features.Kind:
    if asked["features"] == "mfcc":
        return features.mfcc()
    from emo_core.models.backbone import Backbone
    from emo_core.models.weights import find_weights

    return features.tower(Backbone.load(find_weights(asked["backbone"])))


if __name__ == "__main__":
    carry_out(work)
