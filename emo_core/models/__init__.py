"""Audio-language models on this machine: what they would answer, exactly, and what they answer when sampled.

weights         find_weights, version: where a model's files lie, and which they are
memory          estimate_memory_mb: what a run needs, from the configuration alone
token_tree      many token sequences that begin alike, as one tree
tower           the audio tower on the real length of clips
backbone        Backbone: audio tower, language model and vocabulary head of one loaded model
label_tree      label_log_probabilities: the chance of every label, for all prompts and temperatures in one pass
sampling        sample: seeded replies, to compare with
token_readings  read_tokens: logits of emotion words while a reply is written
random_model    the classes with random weights, in any shape

The first three are light. The others load torch and transformers and are imported by job processes only; hence this module
imports nothing.
"""
