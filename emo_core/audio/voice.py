"""How a voice sounds, moment by moment: timbre, pitch, loudness and brightness, for models that need no language model.

librosa is loaded where it is called, in job processes only: its first spectrogram takes seconds, each further clip 20 to 30 ms, most
of it the pitch.

References
- Davis & Mermelstein (1980), "Comparison of parametric representations for monosyllabic word recognition …", IEEE TASSP 28.
- de Cheveigné & Kawahara (2002), "YIN, a fundamental frequency estimator for speech and music", JASA 111.
"""

import numpy as np

RATE = 16_000  # Hz
COEFFICIENTS = 20
TRACKS = 3 * (COEFFICIENTS + 5)
HOP, _WINDOW, _TRANSFORM, _PITCH_WINDOW = 160, 400, 512, 1024  # samples: 25 ms every 10 ms; pitch needs 64 ms


def voice_tracks(waveform: np.ndarray) -> np.ndarray:
    """(frames, 75) float32, a frame every 10 ms, of mono float32 samples at 16 kHz.

    20 mel-frequency cepstral coefficients, of which the first follows the level; logarithms of the fundamental frequency (65 to
    500 Hz; a guess where there is no voice), of the effective amplitude, of the spectral centroid and of the spectral flatness; the
    rate of zero crossings; then the first and second differences of all 25, over 9 frames.
    """
    import librosa

    spectrum = dict(n_fft=_TRANSFORM, win_length=_WINDOW, hop_length=HOP)
    frames = dict(frame_length=_WINDOW, hop_length=HOP)
    f0 = librosa.yin(waveform, fmin=65, fmax=500, sr=RATE, frame_length=_PITCH_WINDOW, hop_length=HOP)
    tracks = [
        librosa.feature.mfcc(y=waveform, sr=RATE, n_mfcc=COEFFICIENTS, n_mels=64, **spectrum),
        np.log(f0)[None],
        np.log(librosa.feature.rms(y=waveform, **frames) + 1e-5),
        np.log(librosa.feature.spectral_centroid(y=waveform, sr=RATE, **spectrum) + 1),
        np.log(librosa.feature.spectral_flatness(y=waveform, **spectrum) + 1e-6),
        librosa.feature.zero_crossing_rate(waveform, **frames),
    ]
    # Windows of different lengths may differ by a frame at the end.
    count = min(track.shape[1] for track in tracks)
    rows = np.concatenate([track[:, :count] for track in tracks])
    # "nearest", because the default refuses clips of less than 9 frames, 90 ms.
    differences = [librosa.feature.delta(rows, order=order, mode="nearest") for order in (1, 2)]
    return np.concatenate([rows, *differences]).T.astype(np.float32)
