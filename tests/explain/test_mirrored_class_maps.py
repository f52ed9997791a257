import torch

from mien.explain.mirrored_class_maps import examples, has_class_maps, mirrored_class_maps, on_one_scale, shown_classes, similarities
from tests.explain.drawn import CLASSES, drawn_rows
from tests.models.make import make_config, make_model, pictures


def test_one_example_per_class_the_most_confident_right_one() -> None:
    rows = drawn_rows([CLASSES[row % 3] for row in range(60)])
    chosen = examples(rows, CLASSES)
    assert chosen["label"].tolist() == list(CLASSES) and chosen["right"].all()
    for row in chosen.itertuples():
        assert row.probability == rows[(rows["label"] == row.label) & rows["right"]]["probability"].max()


def test_a_class_without_right_predictions_shows_a_wrong_one_and_an_absent_class_none() -> None:
    chosen = examples(drawn_rows(["angry", "happy", "happy"], predicted=["happy", "happy", "happy"]), CLASSES)
    assert list(zip(chosen["label"], chosen["right"], strict=True)) == [("angry", False), ("happy", True)]


def test_own_class_first_then_by_probability() -> None:
    assert shown_classes(2, [0.1, 0.5, 0.3, 0.1], num_others=2) == [2, 1, 0]
    assert shown_classes(0, [0.9, 0.1]) == [0, 1]


def test_the_mean_of_a_class_map_and_the_bias_is_the_logit() -> None:
    model = make_model(make_config(head="linear", dropout=0.0, input_px=64)).eval()
    images = pictures(3, 64)
    original, mirrored = mirrored_class_maps(model, images, input_px=64)
    with torch.no_grad():
        bias = model.head.classifier.bias
        for maps, view in ((original, images), (mirrored, images.flip(-1))):
            torch.testing.assert_close(maps.mean(dim=(2, 3)) + bias, model(view / 255), atol=1e-4, rtol=1e-4)
    assert has_class_maps(model) and not has_class_maps(make_model(make_config()))


def test_maps_that_mirror_with_their_picture_are_alike() -> None:
    maps = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(similarities(maps, maps.flip(-1)), torch.ones(2, 3))
    torch.testing.assert_close(similarities(maps, -maps.flip(-1)), -torch.ones(2, 3))
    assert similarities(maps, maps).max() < 0.999
    assert similarities(maps, torch.ones_like(maps)).abs().max() == 0
    torch.testing.assert_close(
        similarities(maps + 50, maps.flip(-1) - 3), torch.ones(2, 3), atol=1e-4, rtol=0, msg="level is nothing, places are all"
    )


def test_a_pair_has_one_scale() -> None:
    original, mirrored = on_one_scale(torch.tensor([[[[0.0, 1.0]]]]), torch.tensor([[[[-3.0, 0.0]]]]))
    assert original.flatten().tolist() == [0.75, 1.0] and mirrored.flatten().tolist() == [0.0, 0.75]
    flat, _ = on_one_scale(torch.ones(1, 1, 2, 2), torch.ones(1, 1, 2, 2))
    assert not flat.any()
