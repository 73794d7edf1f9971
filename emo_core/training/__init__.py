"""Training models on distributions of emotions, and predicting with them (paper 1, sections 2.4 and 3.2).

settings     TrainSettings: all choices, the paper's as defaults; the arithmetic of batches
control      a run from plan to result, for pages and commands; grids: several as one thing; attempts: time and queue
forecast     steps and time of a run, told before it starts; memory: what it needs; fitting: whether that is there
hardware     what this machine has; watching: what its GPU does meanwhile; meter: time and energy of all attempts
data         Item, Examples, assemble: clips and mixtures, targets, parts that share no unit
batches      in which order, in which batches
cache        what frozen parts make of a sound, kept on disk
learner      what learns: probe (frozen audio features) or tuning (a backbone, its tuned_module with LoRA); loading, tiny
hearing      all clips, once, before anything is learnt
shortage     memory that is not enough, told with what to make smaller
loop         train: epochs, early stopping, checkpoints, any number of processes; several: how these begin and end
checkpoint   where a run stands, in one file
evaluate     predict; a trained learner as a folder that predicts elsewhere; package: that folder as one file
predicting   a folder of sounds as a table; predict_jobs: jobs that do it, predict_run: their work

settings, plan, control, grids, attempts, forecast, memory, fitting, hardware, package and predict_jobs are light. The others load
torch and are imported by job processes only; hence this module imports nothing.
"""
