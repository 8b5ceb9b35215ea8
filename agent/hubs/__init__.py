"""The hub registry: what each hub publicly stated, and where that was published."""
