"""Telling distributions from counts of votes, for importers."""

from emo_core.tables.shares import looks_like_shares

__all__ = ["looks_like_shares"]
