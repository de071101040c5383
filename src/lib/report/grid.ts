/**
 * Every box stands on this grid. Arrows leave the left side at odd half lines and the right side at even ones, so that no
 * two of them ever lie on one another.
 */
export const GRID = 12
/** Between the ends of two arrows at one box: a label fits in. */
export const PORT = 2 * GRID

export const onGrid = (length: number): number => Math.ceil(length / GRID) * GRID
