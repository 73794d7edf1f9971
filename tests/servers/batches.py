"""Batches of the Gemini stand-in: one file each, so that they survive a kill; their state follows from the clock."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path


class Batches:
    """The batches in `folder`; each is PENDING, then RUNNING, and has SUCCEEDED after `seconds`, if nobody cancels it."""

    def __init__(self, folder: Path, seconds: float):
        folder.mkdir(exist_ok=True)
        self.folder, self.seconds = folder, seconds

    def __contains__(self, name: str) -> bool:
        return self._path(name).exists()

    def __len__(self) -> int:
        return sum(1 for _ in self.folder.glob("*.json"))

    def make(self, name: str, model: str, display_name: str | None, responses: list[dict]) -> None:
        """Keep a new batch with the answers that it will have."""
        batch = {"name": name, "model": model, "displayName": display_name, "made_at": time.time()}
        self._write({**batch, "cancelled_at": None, "responses": responses})

    def cancel(self, name: str) -> None:
        """Cancel it, unless it has ended."""
        batch = self._read(name)
        if self._state(batch) in ("PENDING", "RUNNING"):
            self._write({**batch, "cancelled_at": time.time()})

    def look(self, name: str, *, output: bool = True) -> dict:
        """The batch as an operation, with its answers where it has succeeded and `output` is asked for."""
        batch = self._read(name)
        state = self._state(batch)
        metadata = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "name": name,
            "model": batch["model"],
            "displayName": batch["displayName"],
            "state": f"BATCH_STATE_{state}",
            "createTime": datetime.fromtimestamp(batch["made_at"], UTC).isoformat(),
        }
        if output and state == "SUCCEEDED":
            metadata["output"] = {"inlinedResponses": {"inlinedResponses": batch["responses"]}}
        return {"name": name, "metadata": metadata, "done": state in ("SUCCEEDED", "CANCELLED")}

    def page(self, start: int, size: int) -> dict:
        """`size` batches from `start`, newest first, without their answers."""
        batches = [json.loads(path.read_text()) for path in self.folder.glob("*.json")]
        names = [batch["name"] for batch in sorted(batches, key=lambda batch: -batch["made_at"])]
        page = {"operations": [self.look(name, output=False) for name in names[start : start + size]]}
        return page if start + size >= len(names) else {**page, "nextPageToken": str(start + size)}

    def _state(self, batch: dict) -> str:
        if batch["cancelled_at"]:
            return "CANCELLED"
        age = time.time() - batch["made_at"]
        return "SUCCEEDED" if age >= self.seconds else "RUNNING" if age >= self.seconds / 2 else "PENDING"

    def _path(self, name: str) -> Path:
        return self.folder / f"{name.removeprefix('batches/')}.json"

    def _read(self, name: str) -> dict:
        return json.loads(self._path(name).read_text())

    def _write(self, batch: dict) -> None:
        path = self._path(batch["name"])
        part = path.with_suffix(".part")
        part.write_text(json.dumps(batch))
        part.replace(path)
