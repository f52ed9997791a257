"""The least that params.yaml must contain, for tests of stages that read no model."""

MODELS = "models: {m: {backbone: test_resnet, weights: none, attention: none, head: dense, loss: cross_entropy}}"
