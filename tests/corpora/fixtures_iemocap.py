"""IEMOCAP in its official layout, made here: two sessions, an improvised dialogue each, one of them with sentences' sound."""

from pathlib import Path

from tests.corpora.fixtures_sound import write_sound

FIRST = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]
C-E2:\tNeutral state;\t()
C-E3:\tNeutral state;\t()
C-E4:\tNeutral state;\t()
C-F1:\tNeutral state;\t()
A-E3:\tval 3; act 2; dom  2;\t()
A-E4:\tval 2; act 3; dom  3;\t(hard to tell)
A-F1:\tval 3; act 2; dom  1;\t()

[10.0100 - 11.3925]\tSes01F_impro01_M001\tang\t[1.5000, 4.0000, 4.5000]
C-E2:\tAnger; Frustration;\t()
C-E3:\tAnger;\t(loud)
C-E4:\tAnger;\t()
C-M1:\tAnger;\t()
A-E3:\tval 1; act 4; dom  ;\t()

[14.8872 - 18.0175]\tSes01F_impro01_F002\texc\t[4.0000, 4.0000, 3.0000]
C-E2:\tExcited;\t()
C-E3:\tHappiness;\t()
C-E4:\tHappiness; Excited;\t()
"""
SECOND = """% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]

[1.0000 - 2.5000]\tSes02M_script01_1_M003\txxx\t[2.0000, 3.0000, 3.0000]
C-E1:\tSadness;\t()
C-E2:\tFrustration;\t()
C-E3:\tOther;\t(resigned)
C-E5:\tSadness;\t()
"""
WORDS = """Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
Ses01F_impro01_FXX0 [008.3000-008.4000]: [BREATHING]
Ses01F_impro01_M001 [010.0100-011.3925]: Where is the form?
"""


def build(folder: Path, *, sessions: int = 2) -> Path:
    """Three utterances of Ses01F_impro01 with sentences' sound for two, one of Ses02M_script01_1 with the dialogue's."""
    dialogues = ((1, "Ses01F_impro01", FIRST), (2, "Ses02M_script01_1", SECOND))
    for session, dialogue, text in dialogues[:sessions]:
        dialog = folder / f"Session{session}" / "dialog"
        (dialog / "EmoEvaluation").mkdir(parents=True)
        (dialog / "transcriptions").mkdir()
        (dialog / "EmoEvaluation" / f"{dialogue}.txt").write_text(text)
    (folder / "Session1/dialog/EmoEvaluation/._Ses01F_impro01.txt").write_bytes(b"\x00\x05\x16\x07")
    (folder / "Session1/dialog/transcriptions/Ses01F_impro01.txt").write_text(WORDS)
    for name in ("F000", "M001"):
        write_sound(folder / f"Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_{name}.wav")
    write_sound(folder / "Session2/dialog/wav/Ses02M_script01_1.wav")
    return folder
