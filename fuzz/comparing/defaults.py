"""The settings of a comparison that is not told otherwise."""

# Rounds of each question, and how often servers are started: at least, and at most.
ROUNDS, STARTS, MOST_STARTS = 200, 20, 100
# How much slower a server is that a later run is to tell of.
SEEN = 0.10
