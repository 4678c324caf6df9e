"""Who and what may come in: today, how the token of a site is kept."""
