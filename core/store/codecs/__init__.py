"""Results, comparisons and frozen copies as bytes, and back."""
