"""Numbers in label spellings: counters where a class is named without them, labels of their own where it is not."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mien.config.spelling import Spellings, families

PLAIN = Spellings(["angry", "happy", "sad"], {"sad": ["unhappy"], "angry": ["angry faces"]})
NUMBERED = Spellings(
    ["neutral", "happy", "sad"],
    {"neutral": ["class001", "AU1", "0", "emotion"], "happy": ["class002", "AU12", "1", "emotion_1"], "sad": ["class 03", "AU2"]},
)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("happy", "happy"), ("HAPPY!", "happy"), ("Happy (1)", "happy"), ("happy2", "happy"), ("un-happy_2", "sad"), ("happy 003", "happy"),
        ("01_happy", "happy"), ("3. Angry faces", "angry"), ("angry_faces7", "angry"), ("ｈａｐｐｙ（２）", "happy"),
        ("hap2py", None), ("7", None), ("(1)", None), ("", None), ("class001", None), ("1 happy 2", None), ("happy sad", None),
    ],
)  # fmt: skip
def test_a_number_beside_a_class_is_a_counter(text: str, name: str | None) -> None:
    assert PLAIN.class_of(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("class001", "neutral"), ("Class_001", "neutral"), ("class002", "happy"), ("class03", "sad"), ("class004", None), ("class", None),
        ("class01", None), ("AU1", "neutral"), ("au-12", "happy"), ("AU2", "sad"), ("AU4", None), ("AU 1 2", "happy"), ("AU1+AU2", None),
        ("0", "neutral"), ("1", "happy"), ("01", None), ("10", None),
        ("class001 (2)", "neutral"), ("1 (3)", "happy"), ("class001_2", None), ("AU4 (1)", None),
        ("emotion", "neutral"), ("emotion1", "happy"), ("emotion_2", None), ("emotion (2)", None), ("happy_2", "happy"),
    ],
)  # fmt: skip
def test_a_numbered_label_has_its_own_class_and_no_other_number_has_it(text: str, name: str | None) -> None:
    assert NUMBERED.class_of(text) == name


@given(
    st.dictionaries(st.from_regex(r"[a-d]{1,3}[ _]?[0-9]{0,2}", fullmatch=True), st.sampled_from(["x", "y", "z"]), min_size=1, max_size=8),
    st.sampled_from(["{}", " {} ", "-{}-", "{} (2)"]),
    st.booleans(),
)
def test_every_spelling_that_is_given_keeps_its_class(given_: dict[str, str], form: str, upper: bool) -> None:
    """Whatever other spellings there are, unless another class is given the same one."""
    folded = {"".join(sign for sign in spelt if sign.isalnum()): name for spelt, name in given_.items()}
    assume(
        all(folded["".join(sign for sign in spelt if sign.isalnum())] == name for spelt, name in given_.items())
    )  # params refuse the rest
    aliases = {name: [spelt for spelt in given_ if given_[spelt] == name] for name in ("x", "y", "z")}
    known = Spellings(["x", "y", "z"], aliases)
    for spelt in given_:
        key = "".join(sign for sign in spelt if sign.isalnum())
        text = form.format(spelt.upper() if upper else spelt)
        if form.endswith(")") and (key + "2" in folded or any(other != key and other.rstrip("0123456789") == key for other in folded)):
            continue  # in parentheses or not, a number that a class is given is that class's
        assert known.class_of(text) == folded[key], text


@given(st.lists(st.integers(0, 999), min_size=2, max_size=7, unique=True), st.sampled_from(["class{:03}", "emotion_{}", "AU {}"]))
def test_numbered_labels_can_each_have_a_class_and_one_alias_takes_one(numbers: list[int], form: str) -> None:
    labels = [form.format(number) for number in numbers]
    each = Spellings([f"c{'x' * at}" for at in range(len(labels))], {f"c{'x' * at}": [label] for at, label in enumerate(labels)})
    assert [each.class_of(label) for label in labels] == [f"c{'x' * at}" for at in range(len(labels))]
    one = Spellings(["happy", "sad"], {"happy": labels[:1]})
    assert [one.class_of(label) for label in labels] == ["happy", *[None] * (len(labels) - 1)]


def test_only_a_class_that_hangs_on_a_counter_is_said_to() -> None:
    assert [PLAIN.is_counted(text) for text in ("happy2", "Happy (1)", "HAPPY", "hapy2", None)] == [True, True, False, False, False]
    assert not NUMBERED.is_counted("class001") and NUMBERED.is_counted("class001 (2)")


def test_without_classes_a_number_is_a_counter_where_the_spelling_stands_alone_too() -> None:
    found = families(["Sad", "sad_2", "02 sad", "sad (3)", "class001", "class002", "class002 (2)", "AU (1)", "AU (2)", "7", "8", "(1)"])
    assert found["Sad"] == found["sad_2"] == found["02 sad"] == found["sad (3)"]
    assert found["class002"] == found["class002 (2)"] and found["AU (1)"] == found["AU (2)"]
    assert len(set(found.values())) == 7, "sad, class001, class002, AU, 7, 8, (1)"
