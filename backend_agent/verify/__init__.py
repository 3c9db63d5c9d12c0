"""Run real tools on a generated project and say what they found."""
