"""How the site is made: examples that are run while it is built, and pages that the package writes."""
