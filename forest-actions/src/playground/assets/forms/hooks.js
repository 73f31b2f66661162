// The hooks of an open form. One call at a time; of a field that goes on changing, only the newest call counts, and an
// older answer is never shown. Hooks of different fields wait for each other, since each starts from what the one before
// has made of the form. Knows no control.

import { ask, isAborted } from '../api.js';

/** How long to wait while somebody is typing, in milliseconds. */
const TYPING = 300;

export class Hooks {
  /** @type {{ field: string, abort: AbortController } | null} */
  #running = null;
  /** Fields whose hook is to be called, in the order in which they changed. @type {Set<string>} */
  #waiting = new Set();
  #timer = 0;
  /** @type {(() => void)[]} */
  #idle = [];
  /** Fields whose hook could not be called, or answered with an error. @type {Map<string, unknown>} */
  #failed = new Map();
  #isStopped = false;

  /**
   * @param {{ address: string, attributes: () => Record<string, unknown>, fields: () => FormField[],
   *   apply: (answer: FormAnswer) => void, failed: (error: unknown) => void, busy: (isBusy: boolean) => void,
   *   sent: () => void }} form
   */
  constructor(form) {
    this.form = form;
  }

  /** The form as it opens. @returns {Promise<FormAnswer>} */
  load() {
    const body = { data: { attributes: { ...this.form.attributes(), values: {} }, type: 'action-requests' } };
    return ask('POST', `${this.form.address}/hooks/load`, { body, kind: 'hook' });
  }

  /**
   * A field has changed.
   * @param {string} field
   * @param {boolean} isTyping
   */
  changed(field, isTyping) {
    // what is under way for this field starts from a text that is there no more
    if (this.#running?.field === field) this.#running.abort.abort();
    this.#failed.delete(field);
    this.#waiting.delete(field);
    this.#waiting.add(field);
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#next(), isTyping ? TYPING : 0);
  }

  /**
   * Answers once no hook runs or waits, and whether all went well: what is submitted has to be the form that the hooks have
   * made. Those that have failed are called once more.
   * @returns {Promise<boolean>}
   */
  async settled() {
    this.retry();
    if (this.#running)
      await new Promise((/** @type {(value?: unknown) => void} */ resolve) => this.#idle.push(resolve));
    if (this.#failed.size > 0) this.form.failed(this.problem);
    return this.#failed.size === 0 && !this.#isStopped;
  }

  /** The error of the first hook that has failed. */
  get problem() {
    const [error] = this.#failed.values();
    return error;
  }

  get hasFailed() {
    return this.#failed.size > 0;
  }

  /** Calls what has failed, and what waits, now. */
  retry() {
    if (this.#isStopped) return;
    this.#waiting = new Set([...this.#failed.keys(), ...this.#waiting]);
    this.#failed.clear();
    clearTimeout(this.#timer);
    this.#next();
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#waiting.clear();
    this.#running?.abort.abort();
  }

  #next() {
    const [field] = this.#waiting;
    if (this.#running || field === undefined) return;
    this.#waiting.delete(field);
    void this.#call(field);
  }

  /** @param {string} field */
  async #call(field) {
    const own = { field, abort: new AbortController() };
    this.#running = own;
    this.form.busy(true);
    const attributes = { ...this.form.attributes(), fields: this.form.fields(), changed_field: field };
    const body = { data: { attributes, type: 'custom-action-hook-requests' } };
    this.form.sent();
    try {
      const answer = await ask('POST', `${this.form.address}/hooks/change`, {
        body,
        kind: 'hook',
        signal: own.abort.signal,
      });
      if (!own.abort.signal.aborted) this.form.apply(answer);
    } catch (error) {
      if (!isAborted(error)) {
        this.#failed.set(field, error);
        this.form.failed(error);
      }
    }
    this.#running = null;
    if (this.#waiting.size > 0) {
      // one that was given up waits until the typing ends, or until somebody submits
      if (!own.abort.signal.aborted || this.#idle.length > 0) this.#next();
      return;
    }
    this.form.busy(false);
    this.#idle.splice(0).forEach((resolve) => resolve());
  }

  /**
   * The options that the search hook of a field finds.
   * @param {string} field
   * @param {string} text
   * @param {AbortSignal} signal
   * @returns {Promise<FormField | undefined>}
   */
  async search(field, text, signal) {
    const fields = this.form.fields().map((state) => (state.field === field ? { ...state, searchValue: text } : state));
    const body = {
      data: {
        attributes: { ...this.form.attributes(), fields, search_field: field },
        type: 'custom-action-hook-requests',
      },
    };
    const answer = await ask('POST', `${this.form.address}/hooks/search`, { body, kind: 'hook', signal });
    return answer.fields?.find((/** @type {FormField} */ found) => found.field === field);
  }
}
