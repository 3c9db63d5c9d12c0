"""Chat models as authors: what they are asked, what of their answers is taken over, and what it costs."""
