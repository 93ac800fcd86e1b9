"""Models that are changed at random: nothing but the package's own errors may come of them."""
