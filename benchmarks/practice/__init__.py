"""The practice policy: a tiny model and word problems whose truth is exactly decidable.

`language` states problems, `world` generates them, `truth` judges steps; these three
need nothing but the standard library. `tokenizer` and `train` make the shipped model
and run in the environment that serves it.
"""
