"""Tables set against what others published."""
