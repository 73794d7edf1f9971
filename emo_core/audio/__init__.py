"""Sound: what is in a file, how to hand it to a browser, what it looks like.

files   inspect, decode, as_wav, needs_decoding, glance; contained keeps paths inside the audio root
health  what is wrong with the sound of many clips
loudness  how loud a clip is (LUFS), and how to bring all to one loudness
mel     mel spectrograms in decibels, as bytes for a canvas, with frequency ticks

Only numpy and soundfile are needed; the formats are those that libsndfile reads, and M4A and WebM for the browser alone.
"""

from emo_core.audio.files import AudioFacts, as_wav, contained, decode, glance, inspect, needs_decoding
from emo_core.audio.loudness import integrated_loudness, playback_gain
from emo_core.audio.mel import Mel, frequency_ticks, mel_image, mel_spectrogram

__all__ = [
    "AudioFacts",
    "Mel",
    "as_wav",
    "contained",
    "decode",
    "frequency_ticks",
    "glance",
    "inspect",
    "integrated_loudness",
    "mel_image",
    "mel_spectrogram",
    "needs_decoding",
    "playback_gain",
]
