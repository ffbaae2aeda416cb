"""What somebody may send to a lab who means no good, or knows no better."""

import base64
import io
import json
import struct
import zipfile
import zlib
from typing import Any

import numpy as np
from PIL import Image

from apps.stage.wire.messages import LONGEST_OPEN
from core import pictures
from core.records import pack
from tests.pictures.files import chunk, corners, noise, raw_png, saved


def photograph(form: str = "PNG", side: int = 64, **options: Any) -> bytes:
    picture = Image.fromarray((noise(side, side).permute(1, 2, 0) * 255).byte().numpy())
    return saved(picture, form, **options)


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("cat.png", photograph())
    return file.getvalue()


def frame(width: int, height: int) -> bytes:
    """A JPEG's header that claims this size."""
    return b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)


def bitmap(width: int, height: int) -> bytes:
    """The same of a BMP."""
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)
    return b"BM" + struct.pack("<IHHI", 99, 0, 0, 54) + head


def text(key: str, said: str, *, compressed: bool = False) -> bytes:
    """An iTXt chunk."""
    body = zlib.compress(said.encode()) if compressed else said.encode()
    return chunk(b"iTXt", key.encode() + b"\0" + bytes([compressed]) + b"\0\0\0" + body)


def carrying(extra: bytes) -> bytes:
    """A sound PNG with these chunks inside."""
    return raw_png(2, 2, bytes(14), extra=extra)


def record(said: Any, **options: Any) -> bytes:
    """A PNG as the lab saves it, with this inside."""
    return carrying(
        text(pictures.tags.KEY, said if isinstance(said, str) else json.dumps(said), **options)
    )


PNG, JPEG = photograph(), photograph("JPEG")
DICE = np.random.default_rng(0)
FRAMES = [Image.new("RGB", (16, 24), (i, 0, 0)) for i in range(99)]
GOOD = {
    "PNG": PNG, "JPEG that is called .png": JPEG,
    "progressive JPEG": photograph("JPEG", progressive=True),
    "12 megapixels": saved(Image.new("RGB", (4000, 3000), (9, 99, 200)), "JPEG"),
    "1 x 1": saved(Image.new("RGB", (1, 1)), "PNG"),
    "31 x 4000": saved(Image.new("RGB", (31, 4000)), "PNG"),
    "4000 x 1": saved(Image.new("RGB", (4000, 1)), "PNG"), "CMYK": saved(corners("CMYK"), "JPEG"),
    "16-bit grey": saved(Image.fromarray(np.full((4, 4), 999, np.uint16)), "PNG"),
    "16-bit RGBA": raw_png(2, 2, bytes(34), bits=16, colour=6),
    "animated GIF": saved(corners(), "GIF", save_all=True, append_images=FRAMES),
    "a long text inside": carrying(text("Comment", "x" * 3 * 10**6)),
    "many chunks": carrying(chunk(b"tEXt", b"a\0b") * 50_000), "trailing bytes": PNG + bytes(10**6),
}  # fmt: skip
BAD = {
    "nothing": b"", "text": "Größe".encode() * 999, "zeros": bytes(10**6),
    "random bytes": DICE.bytes(10**6),
    **{f"PNG cut at {n}": PNG[:n] for n in (4, 8, 16, 33, 50, 1000, len(PNG) // 2, len(PNG) - 99)},
    **{f"JPEG cut at {n}": JPEG[:n] for n in (2, 3, 20, 200, 620, len(JPEG) // 2)},
    "PNG bomb": raw_png(60000, 60000, bytes(99)),
    "PNG bomb that is there": raw_png(60000, 60000, bytes(50 * 10**6), bits=1, colour=0),
    "JPEG bomb": frame(60000, 60000),
    "GIF bomb": b"GIF89a" + struct.pack("<HH", 60000, 60000) + saved(corners(), "GIF")[10:],
    "BMP bomb": bitmap(60000, 60000), "BMP of negative width": bitmap(-5, 7),
    "profile bomb": carrying(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(5 * 10**7)))),
    "text bomb": carrying(text("Comment", "x" * 5 * 10**7, compressed=True)),
    "PNG chunk of 4 GB": PNG[:33] + b"\xff\xff\xff\xfftEXt" + PNG[41:],
    "PNG of nothing but its name": PNG[:8] + DICE.bytes(999),
    "JPEG of nothing but its name": JPEG[:4] + DICE.bytes(999),
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(999),
    "AVIF": b"\0\0\0\x18ftypavif" + bytes(999),
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "web page": b"<!doctype html><img src=x onerror=alert(1)>", "zip": zipped(),
    "program": b"\x7fELF" + bytes(999), "film": b"\0\0\0\x18ftypmp42" + bytes(999),
    "TIFF": photograph("TIFF"),
    **{
        f"GIF cut at {n}": saved(corners(), "GIF", save_all=True, append_images=FRAMES)[:n]
        for n in (5, 11, 20)
    },
    **{f"WebP cut at {n}": photograph("WEBP")[:n] for n in (11, 15, 30)},
    "WebP of nothing but its name": b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(99),
    "PNG of no height": raw_png(5, 0, bytes(9)), "PNG of no width": raw_png(0, 5, bytes(9)),
    "PNG of a colour that there is not": raw_png(2, 2, bytes(14), colour=5),
    "PNG of 3 bits": raw_png(2, 2, bytes(14), bits=3), "PSD": b"8BPS\0\1" + bytes(99),
}  # fmt: skip
BOMB = base64.b64encode(BAD["PNG bomb"]).decode()
SAVED = {
    "nothing inside": PNG, "no PNG": JPEG, "broken JSON": record('{"probe": "dream", '),
    "a list": record([1, 2]), "deep": record("[" * 10**6), "no probe": record({"settings": {}}),
    "huge text": record("1" * 5 * 10**6), "text bomb": record("1" * 5 * 10**7, compressed=True),
    "inputs that are no pictures": record({"probe": "dream", "inputs": {"a": "QUJD"}}),
    "an input that is a bomb": record({"probe": "dream", "inputs": {"a": BOMB}}),
    "cut short": record({"probe": "dream"})[:-60], "not a saved one": record({"probe": 7}),
}  # fmt: skip


def packed(said: bytes) -> str:
    """The text of a link that unpacks to this."""
    return base64.urlsafe_b64encode(zlib.compress(said)).decode()


HUGE = 10**400  # fits no float
CODES = [
    "", "nonsense", "%00", "%ff", "A" * 9000, packed(b"[" * 10**6), packed(b"[]"), packed(b"{}"),
    packed(b'{"probe": 3}'), packed(b'{"probe": "../lab"}'), packed(b'{"probe": "__init__"}'),
]  # fmt: skip
GETS = [
    "/code", "/code?r=", "/code?R=x", "/code/features", "/code/..%2f..%2flab", "/networks/../x.json",
    "/networks/..%2f..%2fx.json", "/networks/nothing.json", "/networks/lite0-random-0.json",
    "/networks/%00.json", "/networks/" + "a" * 9000 + ".json", "/thumbs/../../../README.md",
    "/thumbs/..%2f..%2fSOURCES.jpg", "/thumbs/cat.jpg%00.jpg", "/thumbs/" + "a" * 9000 + ".jpg",
    "/gallery/shipped/..%2f..%2fdigits.png", "/gallery/kept/%00.json", "/gallery/x/y/z.png",
    "/keyframes/../../README.md", "/keyframes/..%2fx.webp", "/keyframes/%00.webp",
    "/run/x/picture.png", "/run/-1/picture.png", "/run/1/picture.png?token=%ff%00",
    "/run/x/film", "/run/-1/film", "/run/1/film/file?token=%ff%00",
    "/run/" + "9" * 5000 + "/picture.png", "/static/../lab.py", "/static/%2e%2e/lab.py",
    "/static/..%2flab.py", "/static//etc/passwd", "/static/%00", "/static/", "/lab.py",
    "/../../etc/passwd", "/docs", "/openapi.json", "/ws", "/app/nothing/",
    "/app/features/gradio_api/file=/etc/passwd",
    "/app/features/gradio_api/file=..%2f..%2fetc%2fpasswd",
    "/app/features/gradio_api/proxy=http://203.0.113.7/x",
    "/app/features/static/..%2f..%2f..%2f..%2fetc%2fpasswd", "/app/features/nothing", "/%00",
    "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd", "/course/nothing", "/course/%00",
    "/course/..%2f..%2fetc/passwd", "/course/_stcore/nothing", "/course/component/a/b.js",
    "/course/component/%00/%00", "/course/component/..%2f..%2fx", "/course/media/abc.png",
    "/course/_stcore/bidi-components/x/y.js", "/course/_stcore/upload_file/made-up/made-up",
    "/course/static/..%2f..%2fx.js", "/run/0/picture.png", "/run/1.5/picture.png",
    "/run/9/picture.png?token=made-up", "/run/9/picture.png?panel=%00", "/run/9/film?token=made-up",
    "/app/features/?r=" + "a" * 61_000, "/" + "a" * 1_400_000, "/code?r=" + "a" * 1_400_000,
]  # fmt: skip
UNREAD = [  # what is no HTTP, or not what HTTP allows; {} is the port
    "rubbish\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\nHost: 127.0.0.1:{0}\r\n\r\n",
    "GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nA: " + "a" * 5 * 10**6 + "\r\n\r\n",
]  # fmt: skip
METHODS = [
    ("POST", "/"), ("DELETE", "/"), ("PUT", "/pictures"), ("GET", "/pictures"), ("GET", "/open"),
    ("PATCH", "/run/1/film"), ("POST", "/static/page.js"), ("POST", "/healthz"), ("FOO", "/"),
    ("OPTIONS", "/"), ("TRACE", "/"), ("POST", "/course/"), ("PUT", "/course/_stcore/upload_file/a/b"),
]  # fmt: skip
HOSTS = [  # for a lab at 127.0.0.1; {} is its port
    "evil.example", "evil.example:{}", "127.0.0.1.evil.example:{}", "localhost.evil.example:{}",
    "evil.example:80", "127.0.0.2:{}",
    "0.0.0.0:{}", "203.0.113.7:{}", "192.168.0.1:{}", "[::2]:{}", "[::ffff:203.0.113.7]:{}",
    "localhost:{}@evil.example", "evil.example#127.0.0.1:{}", "127.0.0.1:{}, evil.example", "", ":",
    "[", "a" * 4000, "2130706433:{}", "0x7f000001:{}", "localhost.:{}",
]  # fmt: skip

FEATURES = {"probe": "features", "settings": {"canvas": 64, "view": 64, "control": False}}


def features(**settings: Any) -> dict[str, Any]:
    return {"open": {"probe": "features", "settings": FEATURES["settings"] | settings}}


def link(**changed: Any) -> dict[str, Any]:
    """A link of a run of Features, changed."""
    plain = {"v": 1, "settings": FEATURES["settings"], "tape": [], "step": 1, "fingerprint": ""}
    return {"open": {"link": pack({"probe": "features", **plain, **changed})}}


def tape(*entries: Any) -> dict[str, Any]:
    return link(tape=list(entries))


WHOLE = link()["open"]["link"]
REFUSED = [
    '{"open": {"probe": "features"', '{"open": {"probe": "features", "settings": {"count": NaN}}}',
    '{"open": {"probe": "features", "settings": {"layer": ' + "[" * 50_000 + "]" * 50_000 + "}}}",
    '{"open": {"probe": "features", "settings": {"count": ' + "9" * 5000 + "}}}",
    '{"open": ' * 20_000, '{"open": {"link": "' + "A" * (LONGEST_OPEN - 20) + '"}}',
    '{"open": {"link": "' + "A" * (LONGEST_OPEN + 1) + '"}}',
    '{"set": {"contrast": "' + "9" * 5000 + '"}}', b"\x01\x00\x00\x00", b"\xff" * 100_000,
    {"room": "burn"}, {"room": ["open"]}, {"room": "open", "code": "../../x", "token": "t"},
    {"room": "open", "code": "ABCD", "token": "t" * 3000}, {"room": "close", "code": "ABCD"},
    {"room": "open", "code": "ABCD", "token": "t", "page": "//evil.example/"},
    {"room": "open", "code": "ABCD", "token": "t", "page": "javascript:alert(1)"},
    {"guess": -1}, {"guess": 10**9}, {"guess": "0"}, {"wheel": -3}, {"wheel": True},
    {"away": 2**40}, {"away": "now"}, {"ask": "everything"}, {"ask": {"question": "?"}},
    {"ask": {"question": "q" * 2000, "answers": ["a", "b"], "right": 0, "reveal": "r"}},
    {"ask": {"question": "q", "answers": ["a"] * 99, "right": 0, "reveal": "r"}},
    {"ask": {"question": "q", "answers": ["a", 7], "right": 0, "reveal": "r"}},
    {"ask": {"question": "q", "answers": ["a", "b"], "right": 2, "reveal": "r"}},
    {"ask": {"question": "q", "answers": ["a", "b"], "right": 0, "reveal": "r", "to": "all"}},
    {"open": {"probe": "nothing"}}, {"open": {"probe": "__init__"}}, {"open": {"probe": "../lab"}},
    {"open": {"probe": "features\x00"}}, {"open": {"probe": ["features"]}},
    {"open": {"probe": "features", "settings": "all"}},
    {"open": {"probe": "features", "settings": {"layer": {"a": 1}}}},
    {"open": {"probe": "features", "link": WHOLE}}, features(nothing=1), features(count=10),
    features(count=0), features(count=1.5), features(count="3"), features(count=True),
    features(unit=-1), features(seed=2**31), features(seed=-1), features(learning_rate=-0.05),
    features(target="everything"), features(target=""), features(control=1), features(layer=3),
    features(picture="upload-0123456789ab"), {"open": {"link": ""}}, {"open": {"link": "nonsense"}},
    {"open": {"link": "é" * 50}}, {"open": {"link": WHOLE[:-9]}}, {"open": {"link": WHOLE[9:]}},
    {"open": {"link": WHOLE[:20] + "AAAA" + WHOLE[24:]}}, {"open": {"link": packed(bytes(10**8))}},
    {"open": {"link": packed(b"[" * 10**6)}}, {"open": {"link": packed(b"[]")}},
    {"open": {"link": packed(b"{}")}}, link(probe=3), link(probe="nothing"),
    link(probe="../lab"), tape(*([[0, {"contrast": 1 + i % 9 / 9}] for i in range(10**5)])),
    features(count="9" * 9000), features(target="x" * 9000), features(**{"x" * 9000: 1}),
    {"open": {"run": 10**6, "token": ""}}, {"set": {"network": "lite2"}},
    {"set": {"learning_rate": 7}}, {"set": {"contrast": "high"}}, {"set": {"steps": 7}},
    {"set": {"nothing": 7}}, {"set": {"contrast": 10**18}}, {"set": {"contrast": HUGE}},
    {"act": {"action": "explode"}}, {"act": {"action": ["explode"]}}, {"do": "seek", "step": -1},
    {"do": "seek", "step": 10**6}, {"do": "explode"}, {"ack": 10**9},
]  # fmt: skip
ENDED = [
    features(network="lite9"), features(network=""), features(layer="blocks.99"),
    features(layer="blocks.1.2"),  # of EfficientNet-Lite2
    features(layer="__class__"), features(unit=10**6), features(target="class", label=1000),
    features(picture="../../README"), features(picture="cat.jpg"),
    features(layer="x" * 9000), features(network="x" * 9000), features(picture="x" * 9000),
    link(settings={"network": "lite9"}), link(settings={"layer": "blocks.1.2"}),
    link(settings={"unit": 10**6}), link(settings={"picture": "/etc/passwd"}),
]  # fmt: skip
TOLD = [
    (link(v=99), "another version"), (link(v="x"), "another version"),
    (link(fingerprint="0123456789abcdef"), "other weights of EfficientNet-Lite0"),
    (link(fingerprint=["a"]), "other weights"),
    (link(settings={"nothing": 1}), "no setting 'nothing'"),
    (link(settings={"count": 99}), "count = 99 is out of range: choose 1 to 9"),
    (link(settings={"learning_rate": float("nan")}), "learning_rate = nan is out of range"),
    (link(settings={"x" * 9000: 1}), "no setting"),
    (link(settings={"count": HUGE}), "count = "),
    (link(settings={"learning_rate": HUGE}), "out of range"),
    (tape([-1, {"contrast": 1.0}]), "cannot be read"),
    (tape([0, {"nothing": 1.0}]), "cannot be read"),
    (tape([0, {"contrast": HUGE}]), "cannot be read"), (tape([0]), "cannot be read"),
    (tape(7), "cannot be read"), (tape([0, {"action": "explode"}]), "cannot be read"),
    (tape([0, {"action": []}]), "cannot be read"), (tape([0, {"contrast": 99}]), "cannot be read"),
    (tape([10**400, {"contrast": 1.0}]), "cannot be read"),
]  # fmt: skip
