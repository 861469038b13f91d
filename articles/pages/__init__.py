"""The pages that readers open, kept rendered in the process while nothing on them changes."""
