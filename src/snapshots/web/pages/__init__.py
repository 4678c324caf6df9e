"""The pages of the backup area, a module for each tab, and what surrounds them."""
