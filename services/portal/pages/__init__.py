"""Portal's web pages."""
