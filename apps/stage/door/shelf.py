"""Pictures that visitors brought: in memory, named by what is in them."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any
from weakref import WeakValueDictionary

from torch import Tensor

from apps.stage.errors import StageError
from core import pictures
from core.export import saved

BYTES = 256 * 2**20


class Upload:
    """A picture in 8 bits, with a name made from its pixels."""

    def __init__(self, x: Tensor) -> None:
        self._pixels = pictures.to_uint8(x)
        self.name, self.bytes = saved.name_of(self._pixels), self._pixels.nbytes
        self.height, self.width = self._pixels.shape[1:]

    def picture(self) -> Tensor:
        """The picture, (3, height, width) in [0, 1]."""
        return self._pixels.float() / 255

    def png(self) -> bytes:
        """The same as a file."""
        return pictures.png(self.picture())


class Shelf:
    """The latest uploads, up to 256 MB; those that a run holds stay however old they are."""

    def __init__(self, limit: int = BYTES) -> None:
        self._limit = limit
        self._latest: OrderedDict[str, Upload] = OrderedDict()
        self._alive: WeakValueDictionary[str, Upload] = WeakValueDictionary()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._alive)

    def put(self, data: bytes) -> Upload:
        """Read a picture file and keep it; raises PictureError. Slow: keep it off the loop."""
        return self.keep(pictures.read(data, side=saved.SIDE))

    def keep(self, x: Tensor) -> Upload:
        """Keep a picture."""
        upload = Upload(x)
        with self._lock:
            upload = self._alive.setdefault(upload.name, upload)
            self._latest[upload.name] = upload
            self._latest.move_to_end(upload.name)
            while len(self._latest) > 1 and self._size() > self._limit:
                self._latest.popitem(last=False)
        return upload

    def _size(self) -> int:
        return sum(upload.bytes for upload in self._latest.values())

    def held(self, settings: Mapping[str, Any]) -> dict[str, Upload]:
        """The uploads that these settings name; raises StageError if one is gone."""
        wanted = [v for v in settings.values() if isinstance(v, str) and saved.is_input(v)]
        found = {name: self._alive.get(name) for name in wanted}
        for name, upload in found.items():
            if upload is None:
                raise StageError(f"The picture {name} is not on the server: drop it again.")
        return {name: upload for name, upload in found.items() if upload}
