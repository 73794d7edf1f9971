"""From the states of a sequence to a distribution over emotions (paper 1, section 2.4 and figure 1).

The paper names the parts, in this order: multi-head self-attention, a residual multi-layer perceptron, a projection, a linear layer
with softmax. It does not say how a sequence becomes one vector; here the mean over its true positions is taken before the
projection, so that padding and the length of a clip do not count.
"""

import torch
from torch import nn

from emo_core.errors import BadInput


class DistributionHead(nn.Module):
    """Token states (clips, tokens, input_width) → natural log-probabilities (clips, emotions), float32.

    width         of the head's own states; a multiple of `heads`
    emotions      how many classes; 2 or more
    heads         of the self-attention
    dropout       share of attention weights and inner states dropped in training, 0 ≤ x < 1
    projection    width of the vector that the last layer reads
    input_width   of the states it is given; None: `width`. Where they differ a linear layer leads from one to the other

    Keep its weights in float32. Under autocast its products follow the lower precision, the last layer and softmax do not.

    Raises BadInput for sizes that do not fit together.
    """

    def __init__(
        self,
        width: int,
        emotions: int,
        heads: int = 4,
        dropout: float = 0.2,
        projection: int = 64,
        input_width: int | None = None,
    ):
        super().__init__()
        if width % heads or emotions < 2 or not 0 <= dropout < 1 or projection < 1:
            raise BadInput(
                f"A head of width {width} needs a number of heads that divides it, not {heads}; 2 emotions or more, not "
                f"{emotions}; dropout from 0 to below 1, not {dropout}; a projection of 1 or more, not {projection}."
            )
        same = input_width in (None, width)
        self.entry = nn.Identity() if same else nn.Linear(input_width, width)
        self.entry_norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True)
        self.mlp = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
        )
        self.projection = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, projection), nn.GELU())
        self.output = nn.Linear(projection, emotions)

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log-probabilities (clips, emotions) of states (clips, tokens, input_width).

        mask    (clips, tokens) bool: true where there is a token; what the others hold changes nothing, as long as it is
                finite. Every clip has at least one token.
        """
        # A padded state may hold any number: zeros keep it from reaching the others by 0 · ∞.
        hidden = self.entry(states.float() * mask[..., None])
        hidden = self.entry_norm(hidden)
        hidden = hidden + self.attention(hidden, hidden, hidden, key_padding_mask=~mask, need_weights=False)[0]
        hidden = hidden + self.mlp(hidden)
        pooled = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        with torch.autocast(states.device.type, enabled=False):
            return self.output(self.projection(pooled.float())).log_softmax(-1)
