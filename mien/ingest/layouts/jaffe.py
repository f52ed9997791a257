"""The Japanese Female Facial Expression set (Lyons, Akamatsu, Kamachi and Gyoba 1998, IEEE Automatic Face and Gesture Recognition).

213 images of ten women. A name such as KA.AN1.39.tiff holds the person, the expression with the number of the take, and a running number.
"""

from mien.ingest.layouts._names import named_layout

LABELS = {"AN": "angry", "DI": "disgust", "FE": "fear", "HA": "happy", "NE": "neutral", "SA": "sad", "SU": "surprise"}

LAYOUT = named_layout(
    "JAFFE: person, expression and take, number in the file name (KA.AN1.39.tiff)",
    rf"(?P<subject>[A-Z]{{2}})\.(?P<label>{'|'.join(LABELS)})\d+\.\d+\.\w+",
    LABELS,
)
