"""A large synthetic data set, and what the processes of a stage need."""
