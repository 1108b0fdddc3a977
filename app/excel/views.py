"""The pages of every import, lent to the nouns that take sheets in."""
