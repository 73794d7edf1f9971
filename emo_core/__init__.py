"""The core of the Ambiguity Workbench, without a user interface.

errors, vocabulary, records   what can go wrong, emotion names, the records that rooms exchange
science/                      distributions, divergences, agreement, intervals: pure NumPy
store/                        DuckDB: the one place that keeps anything
corpora/                      importers, one a format, and the simulated demo corpus
audio/                        decoding, what is wrong with a file, mel spectrograms
models/                       audio-language models on this machine: label chances, replies, logits (in jobs only)
annotators/                   panels of model votes: plan, price, ask, account
augmentation/                 DiME-Aug: rare emotions from mixtures
training/                     probe and LoRA on distributions: settings, loop, evaluation
jobs/                         long work in processes of its own
charts/                       Plotly figures: arrays in, figure out
verbs, cli                    every verb of the pages for scripts: `python -m emo_core`
"""
