"""Training models on distributions of emotions, and predicting with them (paper 1, sections 2.4 and 3.2).

settings     TrainSettings: all choices, the paper's as defaults; the arithmetic of batches
memory       estimate_memory_mb: what a run needs, asked before it starts
data         Item, Examples, assemble: clips and mixtures, targets, parts that share no unit
batches      in which order, in which batches
cache        what frozen parts make of a sound, kept on disk
learner      what learns: probe (frozen audio features) or tuning (a backbone with LoRA); tower, loading, tiny
hearing      all clips, once, before anything is learnt
loop         train: epochs, early stopping, checkpoints, any number of processes
checkpoint   where a run stands, in one file
evaluate     predict; a trained learner as a folder that predicts elsewhere

settings and memory are light. The others load torch and are imported by job processes only; hence this module imports nothing.
"""
