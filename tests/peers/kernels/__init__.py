"""Kernels of other libraries, each correct: what a verifier must never refuse."""
