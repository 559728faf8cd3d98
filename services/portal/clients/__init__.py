"""What portal needs from the services downhill."""
