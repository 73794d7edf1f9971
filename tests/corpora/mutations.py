"""Ways in which a source may be damaged or hostile, each done in place from a seed, and undone again."""

import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOSTILE = (
    "", " ", "NaN", "-inf", "1e999", "-1", "0", "2.5", "9" * 400, "null", "true", "\x00", "\ufeff", "\r\n", "\r", "\n\n", '"',
    "'", ",", ";", "\t", "|", "..", "../../../../etc/passwd", "/etc/passwd", "~root/x.wav", "C:\\x.wav", "<b>&\u202e", "[" * 3000,
    '{"a":' * 3000, "]", "}", "\\ud800", "x" * 200_000, "%", "=1+1", "\u0085", "\u2028", "😀", "é", "-99:99:99", "0 days -1:00:00",
    "!!python/object/apply:os.system ['true']", "&a [*a]", "<<", "99999999999999999999", "2024-13-45", "none", "_", "a/b",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 10**30, -(10**400), float("nan"), float("inf"), "", "x", "\ud800", "a\x00b", "\ufeff", [], {},
    [[]], [None], [{}], {"": None}, {"a": []}, ["happy", 3, None], {"happy": "true"}, {"labels": 3}, {"choices": "Happy"},
    "9" * 400, "../../x.wav", "/etc/passwd", "x" * 100_000, "Happy;Sad,Angry|Fear", "\x85", {"start": "a", "end": -1},
)  # fmt: skip

NAMES = (
    "aside", "%2e%2e", "a b", "=1", "<b>", "é", "03-09-99-01-01-01-01", "03-01-0x-01-01-01-01", "99z99Qa", "03a01Xa", "dia1_utt1",
    "db.other", "data-00007-of-00009", "n\nn", "\u202e", "😀" * 40, ".hidden",
)  # fmt: skip


def mutate(root: Path, seed: int) -> Callable[[], None]:
    """Damage a file or folder, and return what restores it."""
    rng = random.Random(seed)
    files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
    file = rng.choice(files)
    kept, aside = file.read_bytes(), file.with_name(rng.choice(NAMES) + rng.choice((file.suffix, "")))

    def restore() -> None:
        for path in (file, aside):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        file.write_bytes(kept)

    change = rng.choice((*[_bytes] * 3, *[_fields] * 4, *[_tree] * 4, _lines, _place))
    change(file, kept, aside, rng)
    return restore


def _bytes(file: Path, kept: bytes, _: Path, rng: random.Random) -> None:
    """Flipped, cut, put in, or of another encoding."""
    raw = bytearray(kept or b" ")
    kind = rng.randrange(5)
    if kind == 0:
        for _ in range(rng.randint(1, 6)):
            raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        raw = raw[: rng.randrange(len(raw))]
    elif kind == 2:
        place = rng.randrange(len(raw))
        raw[place:place] = rng.choice(
            (b"\x00", b"\xff\xfe", b"\xe9", b"\xef\xbb\xbf", b"\r", b"\x80\x92", rng.randbytes(9))
        )
    elif kind == 3:
        place = rng.randrange(len(raw))
        del raw[place : place + rng.randint(1, 40)]
    else:
        raw = bytearray(
            kept.decode("utf-8", "replace").encode(rng.choice(("utf-16", "cp1252", "utf-8-sig")), "replace")
        )
    file.write_bytes(raw)


def _fields(file: Path, kept: bytes, _: Path, rng: random.Random) -> None:
    """One word of a text replaced by a hostile one, or by another of the file's own."""
    text = kept.decode("utf-8", "surrogateescape")
    words = list(re.finditer(r"[\w.:+@-]+", text))
    if words:
        word = rng.choice(words)
        instead = rng.choice(HOSTILE) if rng.random() < 0.7 else rng.choice(words)[0]
        text = text[: word.start()] + instead + text[word.end() :]
    file.write_bytes(text.encode("utf-8", "surrogateescape"))


def _lines(file: Path, kept: bytes, _: Path, rng: random.Random) -> None:
    lines = kept.splitlines(keepends=True) or [b""]
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    kind = rng.randrange(4)
    if kind == 0:
        lines[one], lines[other] = lines[other], lines[one]
    elif kind == 1:
        lines.insert(other, lines[one])
    elif kind == 2:
        del lines[one]
    else:
        lines = [line.replace(b"\n", b"\r\n") for line in lines]
    file.write_bytes(b"".join(lines))


def _tree(file: Path, kept: bytes, aside: Path, rng: random.Random) -> None:
    """A part of a JSON document, or of one line of JSON lines, replaced by something of another type."""
    lines = (
        kept.decode("utf-8", "replace").split("\n") if file.suffix == ".jsonl" else [kept.decode("utf-8", "replace")]
    )
    place = rng.randrange(len(lines))
    try:
        tree = json.loads(lines[place])
    except ValueError:
        return _fields(file, kept, aside, rng)
    places = list(_places(tree))
    if places and rng.random() < 0.95:
        holder, key = rng.choice(places)
        if rng.random() < 0.2 and isinstance(holder, dict):
            del holder[key]
        elif rng.random() < 0.2:
            holder[key] = rng.choice(places)[0] if rng.random() < 0.3 else [holder[key], holder[key]]
        else:
            holder[key] = rng.choice(VALUES)
    else:
        tree = rng.choice(VALUES)
    try:
        lines[place] = json.dumps(tree)
    except ValueError:  # a part put into itself
        lines[place] = "[" * 100_000
    file.write_text("\n".join(lines), encoding="utf-8")


def _places(tree: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON document, as holder and key."""
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    return [(tree, key) for key in keys] + [place for key in keys for place in _places(tree[key])]


def _place(file: Path, kept: bytes, aside: Path, rng: random.Random) -> None:
    """The file gone, empty, a folder, a link that leads out, or under another name."""
    file.unlink()
    kind = rng.randrange(7)
    if kind == 1:
        file.write_bytes(b"")
    elif kind == 2:
        file.mkdir()
    elif kind == 3:
        file.symlink_to(Path(__file__).resolve())
    elif kind == 4:
        file.symlink_to(file.name)  # a link to itself
    elif kind >= 5:
        aside.write_bytes(kept)
