"""The contents of galleries, failures and mirrored maps: JSON values that refer to images of an album, and contact sheets. K classes."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd
from torch import Tensor

from mien.explain import mirrored_class_maps
from mien.explain.album import Album
from mien.explain.gradcam import upsampled
from mien.explain.sheet import Cell, Strip, contact_sheet
from mien.predict.drawing.overlay import overlay

Entry = dict[str, Any]
Row = Mapping[Hashable, Any]


def gallery_entries(chosen: Sequence[tuple[str, str, pd.DataFrame]], album: Album) -> list[Entry]:
    """Return the content of gallery.json, for the rows that `galleries` chose."""
    return [{"class": name, "kind": kind, "pictures": [_prediction(row, album) for row in _records(rows)]} for name, kind, rows in chosen]


def failure_entries(chosen: Sequence[tuple[Entry, pd.DataFrame]], album: Album, *, num_neighbours: int) -> list[Entry]:
    """Return the content of failures.json, for the rows that `pictured` chose; the rows also contain the nearest training images."""
    entries = []
    for pair, rows in chosen:
        pictures = [
            _prediction(row, album)
            | {"p_actual": round(row["p_actual"], 6), "twins": list(row["twins"])}
            | {name: _number(row[name]) for name in ("sharpness", "brightness", "face_px", "score")}
            | {"neighbours": _neighbours(row, album, num_neighbours)}
            for row in _records(rows)
        ]
        entries.append({name: pair[name] for name in ("actual", "predicted", "num")} | {"pictures": pictures})
    return entries


def mirrored_entries(rows: pd.DataFrame, original_NKhw: Tensor, mirrored_NKhw: Tensor, classes: Sequence[str], album: Album) -> list[Entry]:
    """Return the content of mirrored.json: each row's image and its mirror image, under the maps of its own class and of other classes."""
    alike_NK = mirrored_class_maps.similarities(original_NKhw, mirrored_NKhw)
    original_NKhw, mirrored_NKhw = mirrored_class_maps.on_one_scale(original_NKhw, mirrored_NKhw)
    entries = []
    for number, row in enumerate(_records(rows)):
        sample_id, face = row["sample_id"], album.picture(album.face(row["sample_id"]))
        lines = []
        for own in mirrored_class_maps.shown_classes(list(classes).index(row["label"]), row["probabilities"]):
            names = []
            for kind, maps_Khw, picture_SS3 in (
                ("class_map", original_NKhw[number], face),
                ("class_map_mirrored", mirrored_NKhw[number], face[:, ::-1]),
            ):
                map_SS = upsampled(maps_Khw[own][None], len(face))[0].numpy()
                names.append(album.add(f"{kind}/{sample_id}/{classes[own]}", overlay(picture_SS3, map_SS)))
            lines.append(
                {"class": classes[own], "original": names[0], "mirrored": names[1], "similarity": round(float(alike_NK[number, own]), 6)}
            )
        entries.append({"sample_id": sample_id, "actual": row["label"], "predicted": row["predicted"], "rows": lines})
    return entries


def gallery_sheet(entries: Sequence[Entry], album: Album, *, title: str) -> bytes:
    """Return gallery.jpg: a strip per class and kind, in which each cell has a face and its map for the predicted class."""
    strips = []
    for entry in entries:
        cells = [
            Cell([album.picture(shown["face"]), album.picture(shown["map_predicted"])], f"{shown['predicted']} {shown['probability']:.2f}")
            for shown in entry["pictures"]
        ]
        strips.append(Strip(f"{entry['class']}, {entry['kind']}", cells))
    return contact_sheet(title, strips)


def mirrored_sheet(entries: Sequence[Entry], album: Album, *, title: str) -> bytes:
    """Return mirrored.jpg: a strip per image, in which each cell has the maps of one class on the image and on its mirror image."""
    strips = []
    for entry in entries:
        face = album.picture(f"face/{entry['sample_id']}")
        cells = [Cell([face, face[:, ::-1]], "the face, mirrored")] + [
            Cell(
                [album.picture(line["original"]), album.picture(line["mirrored"])], f"{line['class']}: similarity {line['similarity']:.2f}"
            )
            for line in entry["rows"]
        ]
        strips.append(Strip(f"{entry['actual']}, predicted {entry['predicted']}", cells))
    return contact_sheet(title, strips)


def _prediction(row: Row, album: Album) -> Entry:
    sample_id = row["sample_id"]
    return {
        **{name: row[name] for name in ("path", "sample_id")},
        "actual": row["label"],
        "predicted": row["predicted"],
        "probability": round(row["probability"], 6),
        "face": album.face(sample_id),
        "map_predicted": album.map(sample_id, row["predicted"]),
        "map_actual": album.map(sample_id, row["label"]),
    }


def _neighbours(row: Row, album: Album, num: int) -> list[Entry]:
    found = zip(row["neighbours"][:num], row["neighbour_labels"][:num], row["neighbour_distances"][:num], strict=True)
    return [
        {"sample_id": name, "label": label, "distance": round(distance, 6), "face": album.neighbour(name)}
        for name, label, distance in found
    ]


def _records(rows: pd.DataFrame) -> list[dict[Hashable, Any]]:
    return rows.to_dict("records")


def _number(value: float) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
