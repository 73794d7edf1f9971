"""The store: corpora, clips, raters, panels, votes, studies in one DuckDB file that one process owns.

database    opening, migrations, cursors and the one writer
ownership   the lock, and how other processes ask the owner
intake      votes and clips on their way in: staging, checks, all or nothing
corpora     what is here; adding a corpus; adding votes
counting    how many votes each clip has for each emotion
studies     which clips a study keeps, its materialised statistics
marks       clips that a researcher marked to be left out
browsing    pages of clips, one clip whole
previewing  what an import would bring, without writing
looking     a first look at a table, and what a description makes of its labels
mappings    descriptions of tables, kept under names
answers     who said what: one panel's answers as arrays
health      what is wrong with a corpus
exporting   distributions into files

This is the only place that imports duckdb.
"""

from emo_core.store.database import DEFAULT_FOLDER, Database

__all__ = ["DEFAULT_FOLDER", "Database"]
