"""Methods of a convolution, as a table."""
