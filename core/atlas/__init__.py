"""Atlases: the picture of every unit of a network's layers, a file each, made by many at once.

rendering: a few units together, from noise to scored pictures. book: the folder
that they are kept in, which knows what is there and whole. crew: who makes
them, by joblib. sprites: a book as few sheets, for a page.
"""
