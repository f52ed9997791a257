"""FACES (Ebner, Riediger and Lindenberger 2010, Behavior Research Methods 42). A name such as 004_o_m_a_a.jpg holds the person, the age
group (young, middle-aged, old), the sex, the expression and which of two images it is."""

from mien.ingest.layouts._names import named_layout

LABELS = {"A": "angry", "D": "disgust", "F": "fear", "H": "happy", "N": "neutral", "S": "sad"}
AGES = {"Y": "young", "M": "middle-aged", "O": "old"}

LAYOUT = named_layout(
    "FACES: person, age group, sex, expression, image in the file name (004_o_m_a_a.jpg)",
    rf"(?P<subject>\d{{3}})_(?P<age>[YMO])_[FM]_(?P<label>[{''.join(LABELS)}])_[AB]\.\w+",
    LABELS,
    columns=lambda name: {"age_group": AGES[name["age"].upper()]},
)
