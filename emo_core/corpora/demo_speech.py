"""How the demo corpus sounds: voices, prosody, and the synthesis itself, which runs as a process of its own.

    python -m emo_core.corpora.demo_speech JOBFILE

eSpeak NG is under the GPL 3 and is written in C: only that process loads it, and neither its licence nor a crash reaches
the server. JOBFILE is JSON: {"folder": …, "utterances": [{"file", "text", "voice", "seed", "prosody"}, …]}. Each
utterance becomes a WAV in the folder (16 kHz, mono, 16 bits). eSpeak carries its filters over from one utterance to
the next, so that the same job gives the same bytes, and a part of a job need not.

Prosody carries the emotion, as Scherer (2003), "Vocal communication of emotion", Speech Communication 40, table 1, sums
it up: anger and happiness are fast, high, wide and loud; sadness is slow, low, flat and soft; fear is fast and high.
"""

import ctypes
import json
import sys
from collections.abc import Callable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import numpy as np

SAMPLE_RATE = 16_000  # Hz
_ESPEAK_RATE = 22_050  # Hz
_LOUDNESS_DB = -26.0  # RMS of neutral speech re. full scale
_PEAK = 0.95  # of full scale
_PAUSE_S = 0.15  # before and after
_NOISE_DB = -72.0  # of the room, re. full scale
_TREMOR_HZ, _CREAK_HZ = 6.5, 31.0


@dataclass(frozen=True)
class Prosody:
    """How an utterance is spoken.

    rate     words a minute
    pitch    eSpeak's 0…99; the voice's own is 50, 99 is about an octave above 20
    spread   eSpeak's pitch range, 0 (monotone) … 99
    level    loudness re. neutral speech, dB
    tilt     brightness: gain for each octave above 1 kHz (loss below), dB
    slope    loudness at the end re. the beginning, dB
    tremor   depth of a 6.5 Hz tremolo and vibrato, 0…1
    creak    depth of a 31 Hz roughness, 0…1
    breath   noise that follows the voice, re. its level, 0…1
    """

    rate: float
    pitch: float
    spread: float
    level: float = 0.0
    tilt: float = 0.0
    slope: float = 0.0
    tremor: float = 0.0
    creak: float = 0.0
    breath: float = 0.0


PROSODY = {
    "anger": Prosody(rate=192, pitch=60, spread=82, level=7, tilt=3, slope=2, creak=0.15),
    "disgust": Prosody(rate=138, pitch=32, spread=48, level=-1, tilt=-0.5, slope=-3, creak=0.55),
    "fear": Prosody(rate=205, pitch=90, spread=35, level=-2, tilt=0.5, tremor=0.6, breath=0.25),
    "happy": Prosody(rate=178, pitch=72, spread=99, level=3, tilt=1.5, slope=1),
    "neutral": Prosody(rate=165, pitch=48, spread=42),
    "sad": Prosody(rate=126, pitch=33, spread=14, level=-7, tilt=-3, slope=-6, breath=0.2),
}
# Ten voices of eSpeak NG in two accents of English; the number is the speaker's habitual rate re. others.
VOICES = {
    "ada": ("en-us+f1", 1.00),
    "bea": ("en-us+f2", 0.95),
    "cleo": ("en-us+f3", 1.06),
    "dora": ("en-gb-x-rp+f4", 0.98),
    "edith": ("en-us+Annie", 1.02),
    "fred": ("en-us+m1", 0.97),
    "gus": ("en-us+m3", 1.04),
    "hal": ("en-us+m7", 1.00),
    "ivan": ("en-gb-x-rp+m4", 1.05),
    "jack": ("en-gb-x-rp+m2", 0.94),
}


def blend(parts: dict[str, float], *, rate: float = 1.0) -> Prosody:
    """Prosody between emotions, weighted by `parts` (which sum to 1), at a speaker's habitual rate."""
    mixed = sum(weight * np.array(astuple(PROSODY[emotion])) for emotion, weight in parts.items())
    mixed[0] *= rate
    return Prosody(*(round(float(value), 3) for value in mixed))


def utterance(file: str, text: str, voice: str, seed: int, prosody: Prosody) -> dict:
    """One entry of a job."""
    return {"file": file, "text": text, "voice": voice, "seed": seed, "prosody": asdict(prosody)}


def shape(voice: np.ndarray, prosody: Prosody, seed: int) -> np.ndarray:
    """What eSpeak cannot do: brightness, tremor, creak, breath, loudness. Samples at 16 kHz, about −1…1, in and out."""
    rng = np.random.default_rng(seed)
    voice = _trimmed(voice)
    voice = _vibrato(_tilted(voice, prosody.tilt), 0.02 * prosody.tremor)
    seconds = np.arange(len(voice)) / SAMPLE_RATE
    phase = rng.uniform(0.0, 2.0 * np.pi)
    voice = voice + prosody.breath * _breath(voice, rng)
    voice = voice * (1.0 - prosody.tremor * (0.5 + 0.5 * np.sin(2.0 * np.pi * _TREMOR_HZ * seconds + phase)))
    voice = voice * (1.0 - prosody.creak * (0.5 + 0.5 * np.sin(2.0 * np.pi * _CREAK_HZ * seconds)) ** 2)
    voice = voice * _gain(prosody.slope * np.linspace(-0.5, 0.5, len(voice)))
    loud = voice * (_gain(_LOUDNESS_DB + prosody.level) / np.sqrt(np.mean(np.square(voice))))
    pause = np.zeros(round(_PAUSE_S * SAMPLE_RATE))
    placed = np.concatenate([pause, loud, pause])
    return _PEAK * np.tanh((placed + rng.normal(0.0, _gain(_NOISE_DB), len(placed))) / _PEAK)


def _gain(decibels: np.ndarray | float) -> np.ndarray | float:
    return 10.0 ** (decibels / 20.0)


def _trimmed(samples: np.ndarray) -> np.ndarray:
    """Without the silence at both ends."""
    loud = np.flatnonzero(np.abs(samples) > 0.01 * np.abs(samples).max())
    return samples[loud[0] : loud[-1] + 1]


def _tilted(samples: np.ndarray, slope_db: float) -> np.ndarray:
    """`slope_db` more for each octave above 1 kHz, as much less for each below; three octaves each way at most."""
    octaves = np.log2(np.maximum(np.fft.rfftfreq(len(samples), 1.0 / SAMPLE_RATE), 1.0) / 1000.0).clip(-3.0, 3.0)
    return np.fft.irfft(np.fft.rfft(samples) * _gain(slope_db * octaves), len(samples))


def _vibrato(samples: np.ndarray, depth: float) -> np.ndarray:
    """Pitch swinging by the share `depth`: the samples are read at a swinging speed."""
    at = np.arange(len(samples), dtype=float)
    swing = depth * SAMPLE_RATE / (2.0 * np.pi * _TREMOR_HZ)
    return np.interp(at + swing * np.sin(2.0 * np.pi * _TREMOR_HZ * at / SAMPLE_RATE), at, samples)


def _breath(voice: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise above about 1 kHz under the envelope of the voice (20 ms)."""
    noise = np.diff(rng.normal(size=len(voice) + 1))
    width = SAMPLE_RATE // 50
    return noise * np.convolve(np.abs(voice), np.full(width, 1.0 / width), mode="same")


def _library() -> ctypes.CDLL:
    """eSpeak NG, started so that it hands out samples instead of playing them."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_Initialize.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_int)
    library.espeak_ng_SetRandSeed.argtypes = (ctypes.c_long,)
    library.espeak_Synth.argtypes = (
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint, ctypes.c_uint,
        ctypes.c_void_p, ctypes.c_void_p,
    )  # fmt: skip
    synchronous = 2
    data = str(espeakng_loader.get_data_path()).encode()
    if library.espeak_Initialize(synchronous, 0, data, 0) != _ESPEAK_RATE:
        raise RuntimeError("eSpeak NG did not start at 22,050 Hz.")
    return library


def _speaker() -> Callable[[dict], np.ndarray]:
    """A function that speaks one utterance of a job: int16 samples at eSpeak's rate."""
    library = _library()
    pieces: list[bytes] = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    def collect(samples, count, _events):
        if samples and count > 0:
            pieces.append(ctypes.string_at(samples, 2 * count))
        return 0

    library.espeak_SetSynthCallback(collect)

    def speak(entry: dict, keep=collect) -> np.ndarray:  # `keep`: C holds the callback, so Python must too
        pieces.clear()
        library.espeak_ng_SetRandSeed(entry["seed"] & 0x7FFFFFFF)  # else it is the time of day
        if library.espeak_SetVoiceByName(entry["voice"].encode()):
            raise RuntimeError(f"eSpeak NG has no voice {entry['voice']!r}.")
        for parameter, name in ((1, "rate"), (3, "pitch"), (4, "spread")):
            library.espeak_SetParameter(parameter, round(entry["prosody"][name]), 0)
        text, utf8 = entry["text"].encode(), 1
        library.espeak_Synth(text, len(text) + 1, 0, 0, 0, utf8, None, None)
        if not pieces:
            raise RuntimeError(f"eSpeak NG said nothing for {entry['text']!r}.")
        return np.frombuffer(b"".join(pieces), np.int16)

    return speak


def main(job_file: str) -> None:
    """Speak all utterances of a job into its folder, which must be there."""
    import soundfile
    import soxr

    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    speak = _speaker()
    for entry in job["utterances"]:
        voice = soxr.resample(speak(entry) / 32768.0, _ESPEAK_RATE, SAMPLE_RATE)
        samples = np.rint(shape(voice, Prosody(**entry["prosody"]), entry["seed"]) * 32767.0).astype(np.int16)
        soundfile.write(Path(job["folder"]) / entry["file"], samples, SAMPLE_RATE, subtype="PCM_16")


if __name__ == "__main__":
    main(sys.argv[1])
