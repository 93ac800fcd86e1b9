"""Rules that ONNX's own cases do not reach, against a runtime: old sets of operators, and what a file stores."""
