// The foot of a list: which records are shown, how many at a time, and the way to the next. Changed in place, so that
// whoever presses a button has it under their finger afterwards too. Lists call it.

import { h, iconButton } from './dom.js';

const PAGE_SIZES = [10, 15, 25, 50, 100];

/**
 * @param {(part: { page?: number, size?: number }) => void} change
 * @returns {{ element: HTMLElement, draw: (query: Query, shown: number, total: number | null) => void, clear: () => void }}
 */
export function createPager(change) {
  let page = 1;
  const range = h('span', { class: 'muted' });
  const size = h('select', {
    'aria-label': 'Records per page',
    onchange: () => change({ size: Number(size.value), page: 1 }),
  });
  const turn = (/** @type {string} */ label, /** @type {'left' | 'right'} */ picture, /** @type {number} */ by) => {
    // not `disabled`: the focus would be lost on the last page
    const press = () => button.getAttribute('aria-disabled') !== 'true' && change({ page: page + by });
    const button = iconButton(picture, label, press, { class: 'round' });
    return button;
  };
  const previous = turn('Previous page', 'left', -1);
  const next = turn('Next page', 'right', 1);
  const element = h(
    'nav',
    { class: 'pager', 'aria-label': 'Pages', hidden: true },
    range,
    h('span', { class: 'pager-tools' }, size, previous, next),
  );

  return {
    element,
    draw: (query, shown, total) => {
      page = query.page;
      element.hidden = shown === 0 && page === 1;
      const first = (page - 1) * query.size + 1;
      const last = first + shown - 1;
      range.dataset.range = `${first}-${last}`;
      range.textContent = `${first.toLocaleString()}–${last.toLocaleString()}${total === null ? '' : ` of ${total.toLocaleString()}`}`;
      // an address may ask for any number
      const sizes = [...new Set([...PAGE_SIZES, query.size])].sort((a, b) => a - b);
      if (sizes.length !== size.options.length || ![...size.options].some(({ value }) => Number(value) === query.size))
        size.replaceChildren(...sizes.map((number) => h('option', { value: number }, `${number} per page`)));
      size.value = String(query.size);
      previous.setAttribute('aria-disabled', String(page <= 1));
      next.setAttribute('aria-disabled', String(total === null ? shown < query.size : last >= total));
    },
    clear: () => (element.hidden = true),
  };
}
