"""Stage `sample`: draws the embedded demonstration set."""

from collections import Counter

import typer

from mien.config.params import load_params
from mien.core import paths
from mien.core.files import replacing_file, write_json
from mien.core.stage import command
from mien.sample.archive import draw_set, truth_csv, zip_bytes
from mien.sample.clips import metadata_csv


def main() -> None:
    """Draws portraits with five expressions and the faults of a real collection; writes data/sample.zip and data/sample_truth.csv.

    The frames of clips (sample.clips) are listed in data/sample_metadata.csv, for ingest.metadata.
    """
    params = load_params()
    sample = params.sample
    files = draw_set(
        num_faces=sample.num_faces,
        size_px=sample.size_px,
        seed=params.seed,
        workers=params.runtime.workers,
        executor=params.runtime.executor,
        num_clips=sample.clips,
    )
    kinds = Counter(file.kind for file, _ in files)
    with replacing_file(paths.SAMPLE) as temporary:
        temporary.write_bytes(zip_bytes(files))
    with replacing_file(paths.SAMPLE_TRUTH) as temporary:
        temporary.write_text(truth_csv(files), encoding="utf-8")
    with replacing_file(paths.SAMPLE_METADATA) as temporary:
        temporary.write_text(metadata_csv(file for file, _ in files), encoding="utf-8")
    clips = {"clips": sample.clips} if sample.clips else {}
    write_json(paths.counts("sample"), {"files": len(files), "faces": sample.num_faces, **clips, "kinds": dict(sorted(kinds.items()))})
    size_mb = sum(len(content) for _, content in files) / 1e6
    copies = sum(count for kind, count in kinds.items() if kind.endswith("duplicate"))
    typer.echo(
        f"sample: {len(files)} files ({size_mb:.1f} MB) of {sample.num_faces} faces, {copies} copies among them, {kinds['junk']} junk"
    )


if __name__ == "__main__":
    command(main)()
