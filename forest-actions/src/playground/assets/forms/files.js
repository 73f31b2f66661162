// Files, dropped or picked. A value is a data URI with the file's name in it (protocol: data URI of a file).

import { textOf } from '../api.js';
import { fill, h, icon, iconButton, isolated, keepFocus } from '../dom.js';
import { common, parameters } from './inputs.js';

const MEGABYTE = 1_000_000;

/** @param {number} bytes */
const sized = (bytes) =>
  bytes < 1_000
    ? `${bytes} B`
    : bytes < MEGABYTE
      ? `${Math.ceil(bytes / 1_000)} KB`
      : `${(bytes / MEGABYTE).toFixed(1)} MB`;

/**
 * @param {File} file
 * @returns {Promise<string>}
 */
export function dataUri(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      const payload = String(reader.result).split(',', 2)[1] ?? '';
      resolve(
        `data:${file.type || 'application/octet-stream'};name=${encodeURIComponent(file.name)};base64,${payload}`,
      );
    };
    reader.onerror = () => reject(new Error(`“${file.name}” could not be read.`));
    reader.readAsDataURL(file);
  });
}

/** @typedef {{ name: string, size: number | null, uri: string }} Held */

/** What is known of a file that came as a value. @param {string} uri @returns {Held} */
function held(uri) {
  const head = uri.slice(0, Math.max(0, uri.indexOf(',')));
  const name = /;name=([^;,]*)/.exec(head)?.[1] ?? 'file';
  let decoded = name;
  try {
    decoded = decodeURIComponent(name);
  } catch {
    // shown as it came
  }
  return { name: decoded, size: Math.floor(((uri.length - head.length - 1) * 3) / 4), uri };
}

/** @type {import('./inputs.js').MakeControl} */
export function files(context) {
  const { field } = context;
  const isMany = Array.isArray(field.type);
  const { filesExtensions, filesSizeLimit, filesCountLimit } = parameters(field);
  const extensions = Array.isArray(filesExtensions)
    ? filesExtensions.map((one) => String(one).replace(/^\./, '').toLowerCase())
    : [];
  const { isReadOnly } = field;
  /** @type {Held[]} */
  let taken = [];
  /** @type {string | null} */
  let notice = null;
  let reading = 0;
  const input = h('input', {
    ...common(context),
    type: 'file',
    multiple: isMany,
    accept: extensions.length > 0 ? extensions.map((one) => `.${one}`).join(',') : null,
    class: 'file-input',
    onchange: () => void take([...(input.files ?? [])]),
  });
  const list = h('ul', { class: 'files' });
  const zone = h(
    'label',
    { class: 'drop', for: input.id },
    input,
    icon('upload'),
    h('span', {}, isMany ? 'Drop files here, or ' : 'Drop a file here, or ', h('span', { class: 'link' }, 'browse')),
  );

  /** @param {File[]} chosen */
  async function take(chosen) {
    notice = null;
    const wrong = chosen.map(wrongWith).find((text) => text !== null);
    if (wrong) notice = wrong;
    const good = chosen.filter((file) => wrongWith(file) === null);
    if (!isMany && good.length > 1) {
      const others = good.splice(1).map(({ name }) => `“${name}”`);
      notice = `Only one file is taken here, without ${others.join(', ')}.`;
    }
    if (isMany && filesCountLimit && taken.length + good.length > filesCountLimit) {
      notice = `At most ${filesCountLimit} files.`;
      good.length = Math.max(0, filesCountLimit - taken.length);
    }
    reading++;
    zone.classList.add('reading');
    try {
      const read = await Promise.all(
        good.map(async (file) => ({ name: file.name, size: file.size, uri: await dataUri(file) })),
      );
      if (read.length > 0) taken = isMany ? [...taken, ...read] : read;
    } catch (error) {
      notice = textOf(error);
    }
    reading--;
    zone.classList.toggle('reading', reading > 0);
    // so that the same file can be picked again
    input.value = '';
    draw();
    context.changed(false);
  }

  /** @param {File} file */
  function wrongWith(file) {
    const extension = file.name.split('.').at(-1)?.toLowerCase() ?? '';
    if (extensions.length > 0 && !extensions.includes(extension))
      return `“${file.name}” is not one of ${extensions.join(', ')}.`;
    if (filesSizeLimit && file.size > filesSizeLimit * MEGABYTE)
      return `“${file.name}” has ${sized(file.size)}; at most ${filesSizeLimit} MB are taken.`;
    return null;
  }

  function draw() {
    keepFocus(list, drawFiles, () => input);
  }

  function drawFiles() {
    fill(
      list,
      taken.map((file, index) =>
        h(
          'li',
          {},
          icon('file'),
          isolated(file.name),
          file.size === null ? null : h('span', { class: 'muted' }, sized(file.size)),
          iconButton(
            'close',
            `Remove ${file.name}`,
            () => {
              notice = null;
              taken = taken.filter((_, other) => other !== index);
              draw();
              context.changed(false);
            },
            { 'data-focus': String(index), disabled: isReadOnly },
          ),
        ),
      ),
    );
  }

  for (const name of ['dragenter', 'dragover']) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      if (!isReadOnly) zone.classList.add('over');
    });
  }
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', (event) => {
    event.preventDefault();
    zone.classList.remove('over');
    if (!isReadOnly) void take([...(event.dataTransfer?.files ?? [])]);
  });
  const limits = [
    extensions.join(', ').toUpperCase(),
    filesSizeLimit ? `at most ${filesSizeLimit} MB${isMany ? ' each' : ''}` : '',
    filesCountLimit ? `at most ${filesCountLimit} files` : '',
  ];
  return {
    element: h('div', { class: 'stack' }, zone, list),
    read: () => (isMany ? (taken.length > 0 ? taken.map(({ uri }) => uri) : null) : (taken[0]?.uri ?? null)),
    write: (value) => {
      const uris = [value]
        .flat()
        .map(String)
        .filter((uri) => uri.startsWith('data:'));
      taken = uris.map((uri) => taken.find((file) => file.uri === uri) ?? held(uri));
      draw();
    },
    focus: () => input.focus(),
    hint: limits.filter(Boolean).join(', '),
    problem: () => (reading > 0 ? 'The file is still being read.' : null),
    notice: () => notice,
  };
}
