// A field on screen: what its value is between what came and what its control holds, and whether it can keep its control when
// its form is made anew. Pure: draws nothing. Called by the form.

/**
 * `held` is what its control read right after `original` was written to it: as long as it reads the same, nobody has touched it,
 * and the value goes back as it came. Controls cannot hold every value that a field can have.
 * @typedef {{ state: FormField, control: Control, element: HTMLElement, error: HTMLElement, signature: string,
 *   edited: number, isTouched: boolean, held: unknown, original: unknown }} Shown
 */

/** Whether two values say the same. @param {unknown} one @param {unknown} other */
export const same = (one, other) => JSON.stringify(one ?? null) === JSON.stringify(other ?? null);

/**
 * The value of a field: what its control holds once somebody has touched it, and until then what came. Where nothing came, a
 * control may stand for something by itself: a switch is off.
 * @param {Shown} field
 */
export function valueOf({ state, control, isTouched }) {
  const value = state.value ?? null;
  return state.isReadOnly || (value !== null && !isTouched) ? value : control.read();
}

/** Whether a field can keep its control: everything but its value is as it was. @param {FormField} field */
export function signatureOf(field) {
  const moving = ['value', 'previousValue', 'searchValue', 'hook', 'position'];
  return JSON.stringify(Object.entries(field).filter(([name]) => !moving.includes(name)));
}
