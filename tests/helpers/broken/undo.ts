/** How what was broken is put back. */

/** Puts back what was broken, and waits until it is seen to be back. */
export type Undo = () => Promise<unknown>;

/** Waits for what a break brings about; where it does not come, the break is undone. */
export async function seen(undo: Undo, comes: () => Promise<unknown>): Promise<Undo> {
  try {
    await comes();
  } catch (error) {
    await undo();
    throw error;
  }
  return undo;
}
