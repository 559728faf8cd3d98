"""What the scheduler needs from services downhill."""
