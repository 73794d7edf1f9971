"""CREMA-D in its official layout, made here: two clips, one with sound."""

from pathlib import Path

from tests.corpora.fixtures_sound import write_sound

HEADER = '"","A","D","F","H","N","S","fileName","numResponses","agreement","emoVote","meanEmoResp","meanAngerResp",' \
    '"meanDisgustResp","meanFearResp","meanHappyResp","meanNeutralResp","meanSadResp"'  # fmt: skip
ROWS = (
    '"100001",0,0,0,1,3,0,"1001_IEO_NEU_XX",4,0.75,"N",71.7,-1,-1,-1,98,69.1,-1',
    '"300001",0,0,0,2,2,0,"1001_IEO_NEU_XX",4,0.5,"H:N",71.7,-1,-1,-1,98,69.1,-1',
    '"100002",5,0,1,0,0,0,"1002_DFA_ANG_XX",6,0.83,"A",80.0,81,-1,40,-1,-1,-1',
)


def build(folder: Path) -> Path:
    """The tables of votes, stimuli and actors, and AudioWAV."""
    (folder / "processedResults").mkdir(parents=True)
    (folder / "processedResults" / "tabulatedVotes.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    (folder / "SentenceFilenames.csv").write_text(
        'Stimulus_Number,"Filename"\n1,"1001_IEO_NEU_XX"\n2,"1002_DFA_ANG_XX"\n'
    )
    (folder / "VideoDemographics.csv").write_text("ActorID,Age,Sex\n1001,51,Male\n")
    write_sound(folder / "AudioWAV" / "1001_IEO_NEU_XX.wav")
    return folder
