"""Pairs of which the truth is known: copies of one picture, and other exposures of one scene."""
