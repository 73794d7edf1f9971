"""Importers: one file a format, each behind the contract of `formats`: a source goes in, a `records.Reading` comes out.

formats                          the contract, the table of formats, telling them apart
crema_d, iemocap, msp_podcast    corpora with many raters, in their official layouts
ravdess, emodb, meld             corpora whose file names or tables hold one label a clip
audformat_db, hugging_face, label_studio, potato
                                 what libraries and annotation tools write; own_export: what we wrote ourselves
votes_table, mapping_guess       any table of votes, and what its columns seem to mean
downloads, crema_d_download      getting a corpus from its public home
shares                           telling distributions from counts of votes
uploads                          keeping what came through the browser
demo, demo_speech                the simulated demo corpus, made here
sources, collecting, questions, sound_files
                                 what importers share: damaged files, clips and votes as they are found, which answers are
                                 emotions, which audio files lie where

An importer only reads. It asserts what it must find (BadTable), lists each row that it leaves out with the reason, and
leaves the checks that all formats share to the store's intake.
"""
