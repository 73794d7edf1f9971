"""Importers: one file a format, each a function that reads a source and returns a `records.Reading`.

crema_d       CREMA-D in its official layout
votes_table   any table of votes: CSV, TSV, Parquet, JSON lines
demo          the simulated demo corpus, made here
sound_files   which audio files lie under a folder, under which names

An importer only reads. It asserts what it must find (BadTable), lists each row that it leaves out with the reason, and
leaves the checks that all formats share to the store's intake.
"""
