"""Numbers as the papers print them, and what their own test sets say about them; see benchmarks/papers.py and docs/papers.md."""
