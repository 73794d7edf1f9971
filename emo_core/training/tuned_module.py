"""What is trained of a backbone: LoRA on frozen weights and a new head, in one module (paper 1, sections 2.4 and 3.2).

References
- Hu et al. (2022), "LoRA: Low-Rank Adaptation of Large Language Models", ICLR; arXiv:2106.09685.
"""

import torch
from torch import nn

from emo_core.models.backbone import Backbone
from emo_core.models.head import DistributionHead
from emo_core.models.tower import tower_outputs
from emo_core.training.settings import TrainSettings

# A plain list of suffixes would adapt the tower's projections too, whose names are the same.
LORA_MODULES = {
    "language": r"(?:.*\.)?language_model\.layers\.\d+\.self_attn\.[qkvo]_proj",
    "language+tower": r"(?:.*\.)?(?:language_model\.layers\.\d+\.self_attn\.[qkvo]_proj"
    r"|audio_tower\.layers\.\d+\.self_attn\.(?:[qkv]|out)_proj)",
}


class TunedModule(nn.Module):
    """Backbone body and head in one forward, so that an exchange of gradients between processes is hooked to both.

    body    the PEFT model around tower, projector and language model
    """

    def __init__(self, backbone: Backbone, body: nn.Module, head: DistributionHead, settings: TrainSettings):
        super().__init__()
        self.backbone, self.body, self.head = backbone, body, head
        self.half = backbone.dtype == torch.bfloat16
        self.tower_frozen = settings.lora_on == "language"

    def train(self, mode: bool = True) -> "TunedModule":
        super().train(mode)
        if self.tower_frozen:
            self.backbone.tower.eval()
        return self

    def forward(self, mask: torch.Tensor, stock: dict | None = None, **given) -> torch.Tensor:
        """Log-probabilities (clips, emotions).

        mask     (clips, tokens) bool: where there is a token
        stock    what the model's own processor made, for its own forward; else `ids` (clips, tokens) and either
                 `towered`, the tower's outputs of all clips one after another (audio tokens, width), or `mel` and `frames`
        """
        with torch.autocast(mask.device.type, torch.bfloat16, enabled=self.half):
            return self.head(self._states(**given) if stock is None else self._stock_states(stock), mask)

    def _stock_states(self, stock: dict) -> torch.Tensor:
        return self.backbone.model.model(**stock, use_cache=False).last_hidden_state

    def _states(
        self,
        ids: torch.Tensor,
        towered: torch.Tensor | None = None,
        mel: torch.Tensor | None = None,
        frames: tuple = (),
    ) -> torch.Tensor:
        model = self.backbone.model.model
        if towered is None:
            towered = torch.cat(tower_outputs(self.backbone.tower, mel, frames))
        embedded = model.get_input_embeddings()(ids)
        heard = model.multi_modal_projector(towered.to(embedded.dtype)).to(embedded.dtype)
        embedded = embedded.masked_scatter((ids == model.config.audio_token_id)[..., None], heard)
        return model.language_model(inputs_embeds=embedded, use_cache=False).last_hidden_state


def tuned_module(backbone: Backbone, settings: TrainSettings, emotions: int) -> TunedModule:
    """Freeze the backbone, put adapters on it as the settings say, and a new head behind it; the vocabulary head goes.

    Its random weights follow from torch's generator.
    """
    from peft import LoraConfig, get_peft_model

    model = backbone.model
    model.requires_grad_(False)
    model.lm_head = nn.Identity()  # never used here: 1.3 GB at 7B in bfloat16
    adapters = LoraConfig(
        r=settings.lora_rank, lora_alpha=settings.lora_alpha, lora_dropout=settings.lora_dropout,
        target_modules=LORA_MODULES[settings.lora_on],
    )  # fmt: skip
    body = get_peft_model(model.model, adapters)
    for layer in body.modules():
        if hasattr(layer, "cast_input_dtype_enabled"):
            # Autocast lowers the adapters' weights; lifting their inputs to float32 instead would quadruple what is kept of them.
            layer.cast_input_dtype_enabled = backbone.dtype == torch.float32
    if settings.checkpointing:
        # Of the language model only: the tower is frozen, and would be computed and gone through a second time for nothing.
        recompute_in_backward(model.model.language_model)
    width = model.config.text_config.hidden_size
    head = DistributionHead(
        settings.head_width or width,
        emotions,
        settings.head_heads,
        settings.head_dropout,
        settings.head_projection,
        width,
    )
    return TunedModule(backbone, body, head.to(backbone.device), settings)


def recompute_in_backward(model: nn.Module) -> None:
    """Have a model of transformers keep only its layers' inputs, and compute the rest again in the backward pass."""
    # The name changed between releases 5.17 and 5.23; clusters and shared images often lag behind.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})
