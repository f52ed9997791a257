"""Studies: files in experiments/ that say which runs of the pipeline to compare, queued as DVC's own experiments by `mien study NAME`."""
