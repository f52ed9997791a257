"""The section `head`: the defaults of the heads' parameters, which each model may override."""

from pydantic import Field, NonNegativeFloat

from mien.config.sections.base import Section


class HeadParams(Section):
    """Every parameter of a head there is; each head declares which of them it reads."""

    batch_norm: bool = Field(True, description="max_pool_dense256: a batch norm before the dense layer")
    l1_weights: NonNegativeFloat = Field(0.0, description="max_pool_dense256: strength of the L1 term of the dense layer's weights")
    l2_weights: NonNegativeFloat = Field(0.016, description="max_pool_dense256: strength of the L2 term of the dense layer's weights")
    l1_bias: NonNegativeFloat = Field(0.006, description="max_pool_dense256: strength of the L1 term of the dense layer's bias")
    l1_activations: NonNegativeFloat = Field(
        0.006, description="max_pool_dense256: strength of the L1 term of the dense layer's activations, mean over the batch"
    )
