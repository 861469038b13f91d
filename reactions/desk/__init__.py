"""The pages on which editors see reactions, set policies and decide waves."""
