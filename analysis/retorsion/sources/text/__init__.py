"""Text as published: archives, encodings, quotes, repeated cells."""
