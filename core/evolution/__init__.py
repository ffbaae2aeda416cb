"""Evolution by queries alone: pictures that a network is sure of, one elite for each class.

Nguyen, Yosinski and Clune, Deep Neural Networks are Easily Fooled, CVPR 2015,
https://arxiv.org/abs/1412.1897.
"""
