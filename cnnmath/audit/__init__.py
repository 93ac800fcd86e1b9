"""Claims that someone printed, judged one by one with what the package computes."""
