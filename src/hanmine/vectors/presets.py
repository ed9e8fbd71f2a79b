"""Settings of whitening that are known to suit a kind of encoder. Importable without numpy."""

from __future__ import annotations

from hanmine.errors import UsageError

# name → β, γ, dimensions kept
PRESETS: dict[str, tuple[float, float, int]] = {
    "raw-encoder": (1.0, 1.0, 256),  # a language model that was never tuned for sentences: full whitening
    "soft": (1.0, 0.5, 128),  # a sentence encoder, four times smaller
    "tuned-encoder": (0.0, 0.0, 256),  # an encoder tuned for similarity: a rotation, cut short without loss
}
DEFAULT_BETA = DEFAULT_GAMMA = 1.0  # the classic map


def resolve(
    preset: str | None = None,
    dim: int | str | None = None,
    beta: float | None = None,
    gamma: float | None = None,
) -> tuple[int | None, float, float]:
    """(dim, beta, gamma) in force: what is given explicitly, else the preset's, else the classic map at full size.

    `dim` "full" is every dimension, also against a preset; in the result that is None.

    Raises
    ------
    UsageError : there is no such preset.
    """
    if preset is not None and preset not in PRESETS:
        raise UsageError(f"there is no preset {preset!r}: choose one of {', '.join(PRESETS)}")
    preset_beta, preset_gamma, preset_dim = PRESETS[preset] if preset else (DEFAULT_BETA, DEFAULT_GAMMA, None)
    dim = preset_dim if dim is None else dim
    return (
        None if dim == "full" else int(dim) if dim is not None else None,
        preset_beta if beta is None else beta,
        preset_gamma if gamma is None else gamma,
    )
