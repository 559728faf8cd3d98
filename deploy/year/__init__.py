"""A year of a dental practice and an auto shop in fast motion, through the real services, and what was mailed in it."""
