"""People in the loop: which solutions to show them, where, and how what they say comes back."""
