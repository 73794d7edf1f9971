"""The demo corpus: speech and votes made here, so that a first look needs no download and no account.

Everything in it is simulated, and every part says so. 10 synthetic voices say 20 sentences of our own. Each clip has a
true distribution over six emotions: one emotion or a blend of two in the voice, the pull of the words, and a little of
everything. Listeners of the panel `human` vote from that truth, each through a bias and a sharpness of their own. The
panel `synthetic:simulated/demo` votes as an audio-language model does in paper 1: more certain than people, and partly wrong.

All randomness comes from names (clip, rater), so that nothing depends on an order, and two makings are equal to the byte.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from emo_core.corpora import demo_speech
from emo_core.errors import WorkbenchError

DEMO_NAME = "demo"
LICENCE = "made by this workbench with eSpeak NG voices; free for any use"
STATEMENT = (
    "The demo corpus is simulated: synthetic voices, made-up listeners, a made-up model. Conclude nothing from it."
)
HUMAN_PANEL = "human"
SYNTHETIC_PANEL = "synthetic:simulated/demo"
EMOTIONS = ("anger", "disgust", "fear", "happy", "neutral", "sad")
# What is said, and which emotion the words pull towards.
SENTENCES: tuple[tuple[str, str | None], ...] = (
    ("I put your keys on the kitchen table.", None),
    ("She said the meeting moved to Thursday.", None),
    ("You promised me this would never happen again.", "anger"),
    ("There is a letter for you on the shelf.", None),
    ("We could take the other road home.", None),
    ("He called about an hour ago.", None),
    ("They said yes, we got the apartment.", "happy"),
    ("They are painting the house next door.", None),
    ("You left the window open last night.", None),
    ("I heard they changed the schedule again.", None),
    ("Something is moving behind the curtain.", "fear"),
    ("Your brother is waiting downstairs.", None),
    ("So that is what the doctor told you.", None),
    ("There is mold all over the bread.", "disgust"),
    ("Somebody moved all of my boxes.", None),
    ("I still set a plate for him every evening.", "sad"),
    ("It looks like the rain has stopped.", None),
    ("I did not know you would be here.", None),
    ("I saved you the biggest piece of cake.", "happy"),
    ("That was the last train tonight.", None),
)
# The persona set of paper 1, table 1.
PERSONAS = {
    "voice and words": "Focus on both vocal tone and linguistic content.",
    "tone": "Pay special attention to the speaker's tone of voice.",
    "words": "Consider the word choice and phrasing in the utterance.",
    "subtle cues": "Listen for subtle emotional cues in the voice.",
    "what and how": "Analyze both what is said and how it is expressed.",
}
TEMPERATURES = tuple(tenth / 10 for tenth in range(1, 11))
N_LISTENERS = 12
_SEED = "demo 1"
_MANIFEST = "made.json"
# Which emotion a voice may blend with which; people confuse these.
_NEIGHBOURS = {
    "anger": ("disgust", "fear", "happy"),
    "disgust": ("anger", "sad", "neutral"),
    "fear": ("sad", "anger", "happy"),
    "happy": ("neutral", "anger", "fear"),
    "neutral": ("sad", "happy", "disgust"),
    "sad": ("neutral", "fear", "disgust"),
}
_BLENDS = (0.0, 0.0, 0.0, 0.25, 0.35, 0.5)  # share of the second emotion in the voice
_PULL = 0.25  # share of the words where they pull
# The simulated model: logarithm of its preference for each emotion, in the order of EMOTIONS.
_MODEL_BIAS = np.array([0.45, -0.6, -0.5, 0.3, -0.1, 0.45])
_FIRST_SESSION = pd.Timestamp("2024-03-04 09:00", tz="UTC")
_MODEL_RUN = pd.Timestamp("2024-03-25 02:00", tz="UTC")


@dataclass(frozen=True)
class DemoClip:
    """One clip before it is spoken.

    parts   {emotion: share} in the voice, first the intended one; sums to 1
    truth   (6,) distribution over EMOTIONS that listeners vote from
    """

    name: str
    number: int
    speaker: str
    session: str
    transcript: str
    words_pull: str | None
    parts: dict[str, float]
    truth: np.ndarray

    @property
    def intended(self) -> str:
        return next(iter(self.parts))


@dataclass(frozen=True)
class Listener:
    """A simulated person: p(vote) ∝ truth^sharpness · exp(bias), and a share `lapses` of votes at random."""

    name: str
    bias: np.ndarray
    sharpness: float
    lapses: float


def make_demo(directory: Path | str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make the corpus in `directory` and return its clips and votes, columns as in `records`.

    The audio lies in `directory`/audio, 16 kHz mono WAV; it is made aside and moved there when complete, and only where
    it is not there already. Raises WorkbenchError where the speech cannot be made.
    """
    clips = plan_clips()
    durations = _make_audio(Path(directory).expanduser().resolve(), clips)
    return _clips_table(clips, durations), simulate_votes(clips)


@lru_cache(maxsize=1)
def plan_clips() -> tuple[DemoClip, ...]:
    """The 200 clips: every speaker says every sentence, every sentence is said in every emotion."""
    return tuple(
        _plan_clip(number, speaker, sentence)
        for number, (speaker, sentence) in enumerate(
            (speaker, sentence) for speaker in range(len(demo_speech.VOICES)) for sentence in range(len(SENTENCES))
        )
    )


def simulate_votes(clips: tuple[DemoClip, ...]) -> pd.DataFrame:
    """All votes on the clips, sorted by clip: 3 to 9 listeners each, then 10 of the model."""
    rows = [row for clip in clips for row in (*_human_votes(clip), *_synthetic_votes(clip))]
    columns = ["clip", "panel", "rater", "label", "persona", "temperature", "voted_at"]
    return pd.DataFrame(rows, columns=columns)


@lru_cache(maxsize=1)
def listeners() -> tuple[Listener, ...]:
    """The twelve listeners. The last one is careless: a quarter of the votes are random."""
    return tuple(_listener(number) for number in range(1, N_LISTENERS + 1))


def _seed(*names: object) -> int:
    text = "|".join(map(str, (_SEED, *names)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _rng(*names: object) -> np.random.Generator:
    return np.random.default_rng(_seed(*names))


def _plan_clip(number: int, speaker: int, sentence: int) -> DemoClip:
    name = f"demo_{speaker + 1:02d}_{sentence + 1:02d}"
    rng = _rng("clip", name)
    intended = EMOTIONS[(speaker + sentence) % len(EMOTIONS)]
    share = _BLENDS[int(rng.integers(len(_BLENDS)))]
    second = _NEIGHBOURS[intended][int(rng.integers(3))]
    text, pull = SENTENCES[sentence]
    return DemoClip(
        name=name,
        number=number,
        speaker=list(demo_speech.VOICES)[speaker],
        session=f"session {speaker % 5 + 1}",  # a woman and a man each
        transcript=text,
        words_pull=pull,
        parts={intended: 1.0 - share} | ({second: share} if share else {}),
        truth=_truth({intended: 1.0 - share, second: share}, pull, rng),
    )


def _truth(parts: dict[str, float], pull: str | None, rng: np.random.Generator) -> np.ndarray:
    """What listeners vote from: the voice, the words, a share of neutral, and a little of everything (a Dirichlet draw)."""
    voice = np.array([parts.get(emotion, 0.0) for emotion in EMOTIONS])
    words = np.array([emotion == pull for emotion in EMOTIONS], float) if pull else voice
    spread = rng.uniform(0.05, 0.4)  # how unclear this speaker is this time
    vague = 0.5 * rng.dirichlet(np.ones(len(EMOTIONS))) + 0.5 * np.eye(len(EMOTIONS))[EMOTIONS.index("neutral")]
    truth = (1.0 - spread) * ((1.0 - _PULL) * voice + _PULL * words) + spread * vague
    truth = np.maximum(truth, 0.004)
    truth = np.round(truth / truth.sum(), 4)
    truth[truth.argmax()] += 1.0 - truth.sum()  # four digits that sum to one
    return truth


def _listener(number: int) -> Listener:
    name = f"listener {number:02d}"
    rng = _rng("rater", name)
    return Listener(
        name=name,
        bias=rng.normal(0.0, 0.3, len(EMOTIONS)),
        sharpness=float(np.exp(rng.normal(0.0, 0.2))),
        lapses=0.25 if number == N_LISTENERS else 0.02,
    )


def _human_votes(clip: DemoClip) -> list[tuple]:
    rng = _rng("panel", clip.name)
    chosen = rng.permutation(N_LISTENERS)[: int(rng.integers(3, 10))]
    rows = []
    for index in sorted(chosen):
        listener = listeners()[index]
        own = _rng("vote", clip.name, listener.name)
        chances = clip.truth**listener.sharpness * np.exp(listener.bias)
        chances = (1.0 - listener.lapses) * chances / chances.sum() + listener.lapses / len(EMOTIONS)
        # one clip every 14 s, each listener on a day of their own
        at = _FIRST_SESSION + pd.Timedelta(days=int(index), seconds=14 * clip.number + int(own.integers(0, 10)))
        rows.append((clip.name, HUMAN_PANEL, listener.name, _draw(chances, own), None, None, at))
    return rows


def _synthetic_votes(clip: DemoClip) -> list[tuple]:
    """Ten votes: every temperature once, every persona twice, in combinations that turn from clip to clip."""
    names = list(PERSONAS)
    rows = []
    for step, temperature in enumerate(TEMPERATURES):
        persona = names[(step + step // len(names) + clip.number) % len(names)]
        rater = f"{persona} @ {temperature}"
        chances = _model_scores(clip, persona)
        chances = np.exp((chances - chances.max()) / temperature)
        at = _MODEL_RUN + pd.Timedelta(seconds=10 * clip.number + step)
        label = _draw(chances / chances.sum(), _rng("vote", clip.name, rater))
        rows.append((clip.name, SYNTHETIC_PANEL, rater, label, persona, temperature, at))
    return rows


def _model_scores(clip: DemoClip, persona: str) -> np.ndarray:
    """Log-chances (6,) at temperature 1: the truth sharpened and bent, with errors that all personas share."""
    shared = _rng("model", clip.name).normal(0.0, 1.1, len(EMOTIONS))
    own = _rng("model", clip.name, persona).normal(0.0, 0.3, len(EMOTIONS))
    scores = 1.5 * np.log(clip.truth) + _MODEL_BIAS + shared + own
    if clip.words_pull and persona != "tone":
        scores[EMOTIONS.index(clip.words_pull)] += 1.2 if persona == "words" else 0.5
    return scores


def _draw(chances: np.ndarray, rng: np.random.Generator) -> str:
    return EMOTIONS[min(int(np.searchsorted(np.cumsum(chances), rng.random())), len(EMOTIONS) - 1)]


def _clips_table(clips: tuple[DemoClip, ...], durations: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "clip": [clip.name for clip in clips],
            "audio": [f"{clip.name}.wav" for clip in clips],
            "transcript": [clip.transcript for clip in clips],
            "speaker": [clip.speaker for clip in clips],
            "session": [clip.session for clip in clips],
            "duration_s": [durations[clip.name] for clip in clips],
            "metadata": [_metadata(clip) for clip in clips],
        }
    )


def _metadata(clip: DemoClip) -> dict:
    return {
        "simulated": True,
        "intended": clip.intended,
        "voice": clip.parts,
        "words_pull": clip.words_pull,
        "truth": {emotion: round(float(share), 10) for emotion, share in zip(EMOTIONS, clip.truth)},
    }


def _utterances(clips: tuple[DemoClip, ...]) -> list[dict]:
    entries = []
    for clip in clips:
        voice, rate = demo_speech.VOICES[clip.speaker]
        prosody = demo_speech.blend(clip.parts, rate=rate)
        entries.append(
            demo_speech.utterance(f"{clip.name}.wav", clip.transcript, voice, _seed("speech", clip.name) >> 33, prosody)
        )
    return entries


def _make_audio(directory: Path, clips: tuple[DemoClip, ...]) -> dict[str, float]:
    """Seconds of each clip, whose WAV then lies in `directory`/audio."""
    folder = directory / "audio"
    utterances = _utterances(clips)
    plan = hashlib.sha256(json.dumps(utterances).encode()).hexdigest()
    if durations := _finished(folder, plan):
        return durations
    directory.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="audio-", dir=directory))
    try:
        _speak(aside, utterances)
        _write_manifest(aside, plan, clips)
        _move(aside, folder, plan)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return _finished(folder, plan)


def _finished(folder: Path, plan: str) -> dict[str, float]:
    """Seconds of each clip where the folder holds all of this very plan, else nothing."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        complete = manifest["plan"] == plan and all(
            (folder / f"{name}.wav").stat().st_size == size for name, size in manifest["bytes"].items()
        )
        return manifest["durations"] if complete else {}
    except (OSError, ValueError, KeyError):
        return {}


def _write_manifest(folder: Path, plan: str, clips: tuple[DemoClip, ...]) -> None:
    sizes = {clip.name: (folder / f"{clip.name}.wav").stat().st_size for clip in clips}
    frames = {name: (size - 44) // 2 for name, size in sizes.items()}  # 44 bytes of header, 2 a sample
    durations = {name: count / demo_speech.SAMPLE_RATE for name, count in frames.items()}
    manifest = {"statement": STATEMENT, "plan": plan, "bytes": sizes, "durations": durations}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")


def _move(aside: Path, folder: Path, plan: str) -> None:
    """Put the finished folder in its place. Where another process was first, its folder (the same bytes) stays."""
    if folder.exists() and not _finished(folder, plan):
        old = Path(tempfile.mkdtemp(prefix="old-", dir=folder.parent))
        folder.replace(old / "audio")
        shutil.rmtree(old)
    try:
        aside.chmod(0o755)
        aside.replace(folder)
    except OSError as error:
        if not _finished(folder, plan):
            raise WorkbenchError(
                f"The demo audio could not be put at {folder} ({error.strerror}). Move it away."
            ) from error


def _speak(folder: Path, utterances: list[dict]) -> None:
    """Run the speech process. Raises WorkbenchError with its last line where it fails."""
    job = folder / "job.json"
    job.write_text(json.dumps({"folder": str(folder), "utterances": utterances}), encoding="utf-8")
    code = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [code, os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "emo_core.corpora.demo_speech", str(job)]
    try:
        done = subprocess.run(
            command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorkbenchError(f"The demo's speech could not be made: {error}. Try again.") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
        raise WorkbenchError(
            f"The demo's speech could not be made: {said[0]} Install the requirements (espeakng-loader is among them)."
        )
    job.unlink()
