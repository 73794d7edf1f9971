"""DiME-Aug: new training clips for emotions that are rare, mixed from two real ones each (paper 1, section 2.3).

Each sample mixes a clip i of a minority emotion with a neighbour j: x_k = λ x_i + (1 − λ) x_j in sound (equation 1),
P_k = λ P_i + (1 − λ) P_j in distribution (equation 2), and the transcript of i where λ ≥ 0.5, else of j. Only training clips
are ever given to this room, so that no parent comes from the test side.

| module | |
|---|---|
| settings | every choice, with the paper's reading and its alternatives |
| training_clips | what is augmented: names, distributions, features, speakers; checked |
| balance | dominant emotions, how many clips each has, how even that is |
| nearest, parents | exact nearest neighbours; who may be mixed with whom |
| dime | the plan: which samples are made, and which could not be and why |
| samples | a planned sample, and all of them |
| mixing | equation 1 on waveforms, with length and loudness |
| features | MFCC statistics or a tower's embeddings of clips, and their cache (loads librosa when called: jobs only) |
| tables, dataset, dataset_readme | planned samples as Parquet; mixed ones as a folder of WAV files and tables, and its README |
| study_side | the training side of a study, from the store |
| feature_sets, feature_job | the features of a training side, computed by a job and found again with NumPy alone |
| listening | the ear test: verdicts on samples, in which order they are heard |

References
    W. Zhang et al., "Scaling Ambiguity", arXiv 2601.14620 (2026), sections 2.3, 3.2 and 4.3.
    H. Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR (2018).
"""
