"""Stock content: template files read into contents, and the fields a message carries."""
