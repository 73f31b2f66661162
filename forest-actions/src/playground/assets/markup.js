// Turns HTML that an action's author wrote (descriptions, HTML blocks, rich text) into elements, keeping only what
// cannot do harm: known tags, no attributes but safe links. Parsed in an inert document, so nothing runs or loads. The way
// back, from elements to text, keeps the same tags. The HTML of an answer keeps all of them, in a frame.

import { h } from './dom.js';
import { config } from './state.js';

const KEPT = new Set(
  (
    'a b blockquote br code div em h1 h2 h3 h4 h5 h6 hr i kbd li mark ol p pre s small span strong sub sup table tbody ' +
    'td tfoot th thead tr u ul'
  ).split(' '),
);
/** What these hold is no text for a reader. */
const DROPPED = new Set([
  'script',
  'style',
  'template',
  'iframe',
  'object',
  'svg',
  'math',
  'noscript',
  'title',
  'head',
]);

/**
 * @param {string} html
 * @returns {DocumentFragment}
 */
export function safeMarkup(html) {
  const fragment = document.createDocumentFragment();
  copy(new DOMParser().parseFromString(html, 'text/html').body, fragment);
  return fragment;
}

/**
 * @param {Node} from
 * @param {Node} to
 */
function copy(from, to) {
  for (const node of from.childNodes) {
    if (node instanceof Text) {
      to.appendChild(document.createTextNode(node.data));
    } else if (node instanceof Element) {
      const name = node.localName;
      if (DROPPED.has(name)) continue;
      if (!KEPT.has(name)) {
        copy(node, to);
        continue;
      }
      const element = document.createElement(name);
      const href = name === 'a' ? node.getAttribute('href') : null;
      if (href !== null && /^(https?:|mailto:)/i.test(href)) {
        element.setAttribute('href', href);
        element.setAttribute('target', '_blank');
        element.setAttribute('rel', 'noopener noreferrer');
      }
      copy(node, element);
      to.appendChild(element);
    }
  }
}

/** @param {string} text */
export const escaped = (text) =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);

/**
 * The HTML of what is in an element.
 * @param {Node} parent
 * @returns {string}
 */
export function markupOf(parent) {
  return [...parent.childNodes]
    .map((node) => {
      if (node instanceof Text) return escaped(node.data);
      if (!(node instanceof Element)) return '';
      const name = node.localName;
      if (!KEPT.has(name)) return markupOf(node);
      const href = node.getAttribute('href');
      const tag = href === null ? name : `${name} href="${escaped(href)}"`;
      return name === 'br' || name === 'hr' ? `<${name}>` : `<${tag}>${markupOf(node)}</${name}>`;
    })
    .join('');
}

/**
 * HTML in a frame where nothing runs and from which nothing of the page can be reached.
 * @param {string} title
 * @param {string} html
 */
export function framed(title, html) {
  const frame = h('iframe', {
    class: 'panel',
    title: `Result of ${title}`,
    sandbox: 'allow-popups allow-popups-to-escape-sandbox allow-downloads',
  });
  // the frame has no origin of its own and may load nothing of ours: the policy knows this one text by its hash
  const theme = document.documentElement.dataset.theme;
  const root = theme === 'dark' || theme === 'light' ? ` data-theme="${theme}"` : '';
  frame.srcdoc = `<!doctype html><html lang="en"${root}><head><style>${config.panelStyle}</style><base target="_blank"></head><body>${html}</body></html>`;
  return frame;
}
