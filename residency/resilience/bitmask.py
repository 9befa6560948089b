"""Sets of small numbers as the bits of one integer."""


def bits(mask: int) -> list[int]:
    """The positions of the set bits, ascending."""
    found: list[int] = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return found
