"""Give a random model replies to write, so that sampled and computed distributions can be compared."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from emo_core.models.sampling import questions_of


def teach(backbone, audio: Sequence[np.ndarray], prompts: Sequence[Sequence[str]],
          mixtures: Sequence[Sequence[Mapping[str, float]]], steps: int = 150) -> None:  # fmt: skip
    """Fit the head's rows of the replies' tokens until each prompt is answered by its mixture, {reply: share}, roughly."""
    hidden, targets, shares = [], [], []
    for clip, rows in enumerate(questions_of(backbone, audio, prompts)):
        for question, mixture in zip(rows, mixtures[clip]):
            for reply, share in mixture.items():
                tokens = backbone.processor.tokenizer.encode(reply)
                row = torch.cat([question, backbone.embed(tokens)])[None]
                seen, positions = torch.ones(1, row.shape[1], row.shape[1]).tril().bool(), torch.arange(row.shape[1])
                hidden.append(backbone.hidden_states(row, seen, positions[None])[0, -len(tokens) - 1 :])
                targets += [*tokens, backbone.ends[-1]]
                shares += [share] * (len(tokens) + 1)
    rows = torch.cat(hidden)
    base, rows = backbone.logits(rows).clone(), rows.float().clone()
    targets, shares = torch.tensor(targets, device=rows.device), torch.tensor(shares, device=rows.device)
    columns = targets.unique()
    change = torch.zeros(len(columns), rows.shape[1], device=rows.device, requires_grad=True)
    optimiser = torch.optim.Adam([change], lr=2.0 / rows.shape[1])
    for _ in range(steps):
        logits = base.index_add(1, columns, rows @ change.T)
        loss = (shares * torch.nn.functional.cross_entropy(logits, targets, reduction="none")).sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    backbone.model.lm_head.weight.data[columns] += change.detach().to(backbone.dtype)
