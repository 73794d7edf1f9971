"""What became of the mixtures of a run, in words for pages and commands."""

from collections.abc import Mapping


def mixtures(result: Mapping) -> str:
    """Of the mixtures asked for how many were trained, and what became of the others; empty without augmentation, and where a
    run of an earlier version did not record what was asked.

    >>> mixtures({"mixtures": 98, "mixtures_asked": 98})
    '98 of 98 mixtures trained'
    >>> made = {"what": "samples", "count": 2, "reason": "a listener rejected them"}
    >>> mixtures({"mixtures": 88, "mixtures_asked": 98, "mixtures_left_out": 8, "not_made": [made]})
    '88 of 98 mixtures trained; 8 with a parent in the validation part; 2 × a listener rejected them'
    """
    asked = result.get("mixtures_asked")
    gone = result.get("mixtures_left_out") or 0
    if not asked:
        return f"{gone:,} mixtures with a parent in the validation part were not trained" if gone else ""
    parts = [f"{result.get('mixtures') or 0:,} of {asked:,} mixtures trained"]
    if gone:
        parts.append(f"{gone:,} with a parent in the validation part")
    for row in result.get("not_made") or ():
        if row["what"] == "samples" and row["count"]:
            parts.append(f"{row['count']:,} × {row['reason']}")
    if result.get("kept_not_trained"):
        parts.append(
            f"of {result['kept']:,} samples kept in the ear test {result['kept_not_trained']:,} are not among them: they were "
            "planned with other settings, votes, seed or validation part"
        )
    if result.get("rejected_elsewhere"):
        parts.append(f"{result['rejected_elsewhere']:,} rejected samples are of other plans")
    return "; ".join(parts)
