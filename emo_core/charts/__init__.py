"""Plotly figures: arrays in, figure out. Emotions keep their one colour; every figure says its n.

clips    one clip's distributions with intervals
panels   marginals, divergences, majorities and entropies of two panels
"""
