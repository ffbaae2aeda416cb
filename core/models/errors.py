"""What can be wrong with a network, as sentences with the remedy."""


class UnknownNetworkError(LookupError):
    """There is no network of that name; the message names those that there are."""


class UnknownLayerError(LookupError):
    """The network has no layer of that name; the message names its neighbours."""


class NoClassesError(LookupError):
    """The network names no classes; the message says what can be asked of it."""


class MissingWeightsError(LookupError):
    """The weights are not on this computer; the message says how to get them."""


class UnreachableError(MissingWeightsError):
    """The weights could not be fetched; the message says why and what to do."""


class DamagedWeightsError(MissingWeightsError):
    """The weights file is not the one that the lab knows."""


class UnfitWeightsError(ValueError):
    """A file of one's own that is no set of weights for its architecture."""


class InputError(ValueError):
    """A picture batch that the network cannot take; the message names the limit."""


class DeviceError(ValueError):
    """LAB_DEVICE names a device that is not here."""


class NoEncoderError(InputError):
    """A generator that only draws was given a picture; the message names one that reads."""
