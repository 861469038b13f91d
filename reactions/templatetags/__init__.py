"""What the templates of reactions use."""
