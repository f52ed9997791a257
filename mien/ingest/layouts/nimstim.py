"""NimStim (Tottenham et al. 2009, Psychiatry Research 168). A name such as 01F_AN_O.BMP holds the person, the expression and the mouth:
closed, open or exuberant."""

from mien.ingest.layouts._names import named_layout

LABELS = {"AN": "angry", "CA": "calm", "DI": "disgust", "FE": "fear", "HA": "happy", "NE": "neutral", "SA": "sad", "SP": "surprise"}

LAYOUT = named_layout(
    "NimStim: person, expression, mouth in the file name (01F_AN_O.BMP)",
    rf"(?P<subject>\d\d[FM])_(?P<label>{'|'.join(LABELS)})_[COX]\.\w+",
    LABELS,
)
