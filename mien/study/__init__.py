"""Studies: files in experiments/ that list the runs of the pipeline to compare; `mien study NAME` queues them as DVC experiments."""
