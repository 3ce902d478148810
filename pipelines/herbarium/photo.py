"""What a camera does to a scene: light, lens, sensor."""

import math

import numpy as np
from PIL import Image
from PIL import ImageFilter

from pipelines.herbarium.clutter import noise


def take(
    image: Image.Image, light: np.ndarray, rng: np.random.Generator
) -> Image.Image:
    """Photographs a scene: returns a new RGB picture of the same size."""
    image = _lens(image, rng)
    pixels = np.asarray(image, np.float32) / 255.0
    field = _light_field(image.size, light, rng)[..., None]
    pixels = pixels * (field * _white_balance(rng))
    # Cameras meter: without this, thickets at dusk would come out black.
    gain = np.float32(rng.uniform(0.3, 0.46)) / pixels.mean()
    pixels = pixels * np.clip(gain, 0.75, 2.0)
    grey = pixels.mean(-1, keepdims=True)
    pixels = grey + (pixels - grey) * np.float32(rng.uniform(0.7, 1.15))
    pixels = _tone(pixels, rng)
    pixels = pixels + _sensor(pixels, rng)
    pixels = np.clip(pixels, 0.0, 1.0) * 255.0 + 0.5
    return Image.fromarray(pixels.astype(np.uint8))


def _lens(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    kind = rng.random()
    if kind < 0.3:
        radius = rng.uniform(0.5, 1.9)
        return image.filter(ImageFilter.GaussianBlur(radius))
    if kind < 0.5:
        angle = rng.uniform(0.0, math.pi)
        reach = rng.uniform(1.5, 5.0)
        for step in (0.5, 0.25):
            dx = round(reach * step * math.cos(angle))
            dy = round(reach * step * math.sin(angle))
            moved = image.copy()
            moved.paste(image, (dx, dy))
            image = Image.blend(image, moved, 0.5)
    return image


def _light_field(
    size: tuple[int, int], light: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    wide, high = size
    x = np.linspace(-1.0, 1.0, wide, dtype=np.float32)
    y = np.linspace(-1.0, 1.0, high, dtype=np.float32)[:, None]
    slope = rng.uniform(0.0, 0.22)
    field = 1.0 + slope * (light[0] * x + light[1] * y)
    field = field * (1.0 - rng.uniform(0.0, 0.22) * (x * x + y * y))
    if rng.random() < 0.45:
        cells = rng.uniform(2.0, 7.0)
        edge = rng.uniform(1.8, 4.5)
        cloud = 0.6 * noise(size, cells, rng)
        cloud = cloud + 0.4 * noise(size, 2.6 * cells, rng)
        shade = (cloud - rng.uniform(0.42, 0.62)) * edge
        shade = np.clip(shade + 0.5, 0.0, 1.0)
        field = field * (1.0 - rng.uniform(0.2, 0.55) * shade)
    return field.astype(np.float32)


def _white_balance(rng: np.random.Generator) -> np.ndarray:
    warm, green = rng.normal(0.02, 0.07), rng.normal(0.0, 0.03)
    gains = np.exp([warm, green, -warm])
    return gains.astype(np.float32)


def _tone(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    gamma, lift = rng.uniform(0.8, 1.2), rng.uniform(0.0, 0.06)
    ramp = np.linspace(0.0, 1.5, 1537, dtype=np.float32)
    # A shoulder keeps white petals from clipping flat.
    curve = np.where(
        ramp < 0.75, ramp, 0.75 + 0.3 * (1 - np.exp(-(ramp - 0.75) / 0.3))
    )
    curve = (lift + (1.0 - lift) * curve**gamma).astype(np.float32)
    index = np.clip(pixels * 1024.0, 0.0, 1536.0).astype(np.int16)
    return curve[index]


def _sensor(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    strength = 0.004 + 0.03 * rng.beta(1.2, 3.0)
    grain = rng.standard_normal(pixels.shape, np.float32)
    return grain * np.sqrt(0.25 + pixels) * np.float32(strength)
