"""Films hold what they were given, in each format, and never more than they may."""

import io

import imageio_ffmpeg
import pytest
import torch
from PIL import Image

from core.export import films


def picture(step, height=32, width=49):
    x = torch.zeros(3, height, width)
    x[:, :, : 1 + step % width] = 1
    return x


def reel(suffix, count, **options):
    found = films.Reel(films.form(suffix), **options)
    for step in range(count):
        if found.wants(step):
            found.put(step, picture(step))
    return found


@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_a_picture_that_moves_has_every_frame_and_dwells_on_the_last(suffix):
    data, size = reel(suffix, 7).written()
    with Image.open(io.BytesIO(data)) as moving:
        assert moving.n_frames == 7
        assert moving.size == size == (48, 32)
        times = []
        for step in range(7):
            moving.seek(step)
            moving.load()
            times.append(moving.info["duration"])
    assert times[-1] == films.LAST * times[0]


def test_an_mp4_is_h264_of_even_sides_with_its_index_first(tmp_path):
    data, size = reel(".mp4", 9).written()
    path = tmp_path / "film.mp4"
    path.write_bytes(data)
    frames = imageio_ffmpeg.read_frames(path)
    facts = next(frames)
    assert (facts["codec"], facts["pix_fmt"][:7]) == ("h264", "yuv420p")
    assert tuple(facts["size"]) == size == (48, 32)
    assert sum(1 for _ in frames) == 9 + films.LAST
    assert data.index(b"moov") < data.index(b"mdat")


def test_too_many_pictures_are_thinned_by_half_evenly():
    found = reel(".gif", 500)
    assert len(found) <= 60
    assert found.every == 16
    assert list(found._found)[:3] == [0, 16, 32]


def test_whoever_names_a_pace_is_told_what_fits():
    with pytest.raises(films.FilmError, match=r"A GIF takes up to 60 pictures .* --every 2"):
        reel(".gif", 70, exactly=True)


def test_frames_of_other_sizes_are_shown_at_the_size_of_the_last():
    found = films.Reel(films.form(".webp"))
    found.put(0, picture(0, 16, 16))
    found.put(1, picture(1, 2000, 1500))
    _, size = found.written()
    assert size == (768, 1024)  # the longer side that a WebP has at most


def test_a_film_holds_no_more_than_its_share_of_memory(monkeypatch):
    monkeypatch.setattr(films, "BYTES", 5 * 3 * 32 * 49)
    assert len(reel(".mp4", 64)) <= 5


def test_ffmpeg_that_fails_is_answered_with_another_format(monkeypatch):
    def broken(*_, **__):
        raise OSError("no such encoder")
        yield

    monkeypatch.setattr(imageio_ffmpeg, "write_frames", broken)
    with pytest.raises(films.FilmError, match=r"no such encoder.*choose \.webp or \.gif"):
        reel(".mp4", 3).written()


def test_another_ending_is_no_film():
    with pytest.raises(films.FilmError, match=r"is one of \.webp, \.gif, \.mp4"):
        films.form(".avi")
