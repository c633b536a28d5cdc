"""The published clients, really run: what each drift and each variant of the sandbox does to them."""
