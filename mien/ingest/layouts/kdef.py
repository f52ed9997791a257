"""The Karolinska Directed Emotional Faces (Lundqvist, Flykt and Öhman 1998, Karolinska Institutet, ISBN 91-630-7164-9).

70 people, seven expressions, five angles, two sessions. A name such as AF01ANS.JPG holds the session (A, B), the sex and the number of the
person, the expression and the angle: S straight, HL and HR half left and half right profile, FL and FR full left and full right profile.
"""

from mien.ingest.layouts._contract import Choice
from mien.ingest.layouts._names import named_layout

LABELS = {"AF": "fear", "AN": "angry", "DI": "disgust", "HA": "happy", "NE": "neutral", "SA": "sad", "SU": "surprise"}
ANGLES = {"S": "straight", "HL": "half left", "HR": "half right", "FL": "full left", "FR": "full right"}

LAYOUT = named_layout(
    "KDEF: session, sex, person, expression and angle in the file name (AF01ANS.JPG)",
    rf"(?P<session>[AB])(?P<subject>[FM]\d\d)(?P<label>{'|'.join(LABELS)})(?P<angle>S|HL|HR|FL|FR)\.\w+",
    LABELS,
    columns=lambda name: {"session": name["session"].upper(), "angle": ANGLES[name["angle"].upper()]},
    choices=(Choice(r"(?i)[FM]\d\d[A-Z]{2}F[LR]\.\w+$", "full profiles, in which a detector finds few faces"),),
)
