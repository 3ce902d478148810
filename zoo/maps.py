"""Keras's layers for maps, with the channels last, whatever Keras is set to.

`image_data_format` of Keras's settings is for code that says nothing itself.
The zoo's pictures are `(height, width, channels)` everywhere, so every layer
that has a side and a channel is made by one of these names.
"""

import functools

import keras

LAST = "channels_last"


def _last(layer):
    return functools.partial(layer, data_format=LAST)


AdaptiveAveragePooling2D = _last(keras.layers.AdaptiveAveragePooling2D)
AveragePooling2D = _last(keras.layers.AveragePooling2D)
Conv2D = _last(keras.layers.Conv2D)
DepthwiseConv2D = _last(keras.layers.DepthwiseConv2D)
Flatten = _last(keras.layers.Flatten)
GlobalAveragePooling2D = _last(keras.layers.GlobalAveragePooling2D)
MaxPooling2D = _last(keras.layers.MaxPooling2D)
ZeroPadding2D = _last(keras.layers.ZeroPadding2D)
