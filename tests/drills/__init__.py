"""Drills: scripts that do what an operator does one bad day, and print what they have proved."""
