"""Verifiers measured on gold: what they call wrong, what they miss, what they leave open."""
