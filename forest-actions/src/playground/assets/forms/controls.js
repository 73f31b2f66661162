// Which control a field gets: the one that its widget names, else the one that its type asks for.

import { boxes, dropdown, optionsOf, person, radios, reference, searchable } from './choices.js';
import { files } from './files.js';
import * as inputs from './inputs.js';
import { values } from './lists.js';

/** @typedef {import('./inputs.js').MakeControl} MakeControl */

/** Names of older schemas, for a form that was opened without its hook. */
const OLDER = /** @type {Record<string, string>} */ ({
  address: 'address editor',
  'belongsto select': 'belongsto dropdown',
  'color picker': 'color editor',
  'date picker': 'date editor',
  price: 'price editor',
  'JSON editor': 'json code editor',
  'rich text editor': 'rich text',
  'text area': 'text area editor',
  'text input': 'text editor',
});

/** @type {Record<string, MakeControl>} */
const BY_WIDGET = {
  'address editor': inputs.text,
  'assignee editor': person,
  'boolean editor': inputs.truth,
  checkboxes: boxes,
  'color editor': inputs.colour,
  'embedded document editor': inputs.json,
  'file picker': files,
  'json code editor': inputs.json,
  'multiple select': searchable,
  'number input': inputs.number,
  'price editor': inputs.price,
  'radio button': radios,
  'rich text': inputs.rich,
  'text area editor': inputs.area,
  'time editor': inputs.time,
  'time input': inputs.time,
};

/** @type {Record<string, MakeControl>} */
const BY_TYPE = {
  Boolean: inputs.truth,
  Date: inputs.moment,
  Dateonly: inputs.day,
  File: files,
  Json: inputs.json,
  Number: inputs.number,
  Time: inputs.time,
};

/** How many options stand side by side before they are searched instead. */
const MOST_BOXES = 12;

/** @type {MakeControl} */
export function controlOf(context) {
  const { field } = context;
  const isList = Array.isArray(field.type);
  const type = String(isList ? field.type[0] : field.type);
  const widget = field.widgetEdit?.name ?? OLDER[field.widget ?? ''] ?? field.widget ?? '';
  if (field.reference) return reference(context);
  if (widget === 'dropdown') {
    const { searchType, isSearchable } = inputs.parameters(field);
    return searchType === 'dynamic' || isSearchable || isList ? searchable(context) : dropdown(context);
  }
  if (widget === 'date editor') return type === 'Date' ? inputs.moment(context) : inputs.day(context);
  if (widget === 'input array' || (isList && type === 'File' && widget === ''))
    return type === 'File' ? files(context) : values(context);
  const made = BY_WIDGET[widget];
  if (made) return made(context);
  if (type === 'Enum' || (field.enums && field.enums.length > 0)) {
    if (!isList) return dropdown(context);
    return optionsOf(field).length > MOST_BOXES ? searchable(context) : boxes(context);
  }
  if (isList) return values(context);
  return (BY_TYPE[type] ?? inputs.text)(context);
}
