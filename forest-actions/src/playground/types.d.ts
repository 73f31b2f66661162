// The shapes that the local page works with: its configuration, the schema file, the records and the forms of the
// protocol. For the type check of the script only; nothing of it is served.

interface Config {
  title: string;
  mode: 'local' | 'fake' | 'connected';
  /** Where the routes of the page are. */
  base: string;
  /** Where the agent is mounted. */
  agent: string;
  people: Person[];
  approvals: boolean;
  /** Whether the history of records can be read. */
  history: boolean;
  /** Whether actions can run in the background. */
  runs: boolean;
  /** The sheet of HTML results: the one style that the policy allows inline. */
  panelStyle: string;
}

/** A row of the audit trail. */
interface HistoryRow {
  timestamp: string;
  operation: string;
  userFirstName: string | null;
  userLastName: string | null;
  userEmail: string | null;
  actionName: string | null;
  previousValues: Record<string, unknown>;
  newValues: Record<string, unknown> & { message?: string; note?: string };
  status: 'pending' | 'done';
}

interface Person {
  id: number;
  name: string;
  email: string;
  role: string;
  team: string;
}

type FieldType = string | string[];

interface SchemaField {
  field: string;
  type: FieldType;
  enums: string[] | null;
  isFilterable: boolean;
  isPrimaryKey: boolean;
  isReadOnly: boolean;
  isRequired: boolean;
  isSortable: boolean;
  reference: string | null;
  relationship?: string;
  inverseOf?: string | null;
  defaultValue?: unknown;
  widget?: string | null;
}

interface SchemaAction {
  name: string;
  type: 'single' | 'bulk' | 'global';
  baseUrl: string | null;
  endpoint: string;
  httpMethod: string;
  description?: string;
  submitButtonLabel?: string;
  download: boolean;
  fields: FormField[];
  hooks: { load: boolean; change: string[] };
}

interface SchemaCollection {
  name: string;
  isSearchable: boolean;
  isVirtual: boolean;
  onlyForRelationships: boolean;
  fields: SchemaField[];
  segments: { name: string }[];
  actions: SchemaAction[];
}

interface Schema {
  collections: SchemaCollection[];
}

interface ActionRight {
  collection: string;
  name: string;
  allowed: boolean;
  reason?: string;
}

interface CollectionRight {
  name: string;
  /** Whether there is a source of records. */
  records: boolean;
  browse: boolean;
  read: boolean;
  export: boolean;
  add: boolean;
  edit: boolean;
  delete: boolean;
  /** The relations by which the program lets records be linked. */
  links: LinkRight[];
  /** The fields in the order of the table, as far as it is known. */
  order: string[];
}

interface LinkRight {
  relation: string;
  link: boolean;
  unlink: boolean;
}

interface Rights {
  actions: ActionRight[];
  collections: CollectionRight[];
  charts: Chart[];
}

/** A chart in code. */
interface Chart {
  collection: string | null;
  name: string;
  /** `null` for any JSON. */
  type: 'Value' | 'Objective' | 'Percentage' | 'Pie' | 'Line' | 'Leaderboard' | null;
}

/** A label and its number. */
interface Point {
  label: string;
  value: number;
}

interface Identifier {
  type: string;
  id: string;
}

interface Resource extends Identifier {
  attributes: Record<string, unknown>;
  relationships?: Record<string, { data?: Identifier | null }>;
}

interface Listing {
  data: Resource[];
  included?: Resource[];
  meta?: { decorators?: Record<string, { search: string[] }> };
}

interface Capability {
  name: string;
  type: FieldType;
  operators: string[];
}

interface Leaf {
  field: string;
  operator: string;
  value: unknown;
}

interface FilterTree {
  aggregator: 'and' | 'or';
  conditions: Leaf[];
}

/** The record and the relation whose list is on screen. */
interface Parent {
  collection: string;
  id: string;
  relation: string;
}

/** What a list shows. */
interface Query {
  page: number;
  size: number;
  sort: string;
  search: string;
  segment: string;
  filters: FilterTree | null;
}

interface WidgetEdit {
  name: string;
  parameters: Record<string, any>;
}

/** A field of an open form. Properties that are not known here travel back as they came. */
interface FormField {
  field: string;
  /** What it is called on screen, where that is not its name. */
  label?: string;
  type: FieldType;
  description?: string | null;
  enums?: unknown[] | null;
  isRequired?: boolean | null;
  isReadOnly?: boolean | null;
  reference?: string | null;
  defaultValue?: unknown;
  hook?: string | null;
  widget?: string | null;
  widgetEdit?: WidgetEdit | null;
  value?: unknown;
  previousValue?: unknown;
  searchValue?: string;
}

interface LayoutElement {
  component: string;
  fieldId?: string;
  content?: string;
  fields?: LayoutElement[];
  elements?: LayoutElement[];
  nextButtonLabel?: string;
  previousButtonLabel?: string;
}

interface FormAnswer {
  fields: FormField[];
  layout?: LayoutElement[];
}

/** What a form is for. */
interface Subject {
  /** Of the dialog. */
  id: string;
  title: string;
  subtitle: string;
  description?: string;
  /** Of the button that sends. */
  submitLabel: string;
  /** Where its hooks are. */
  address: string;
  /** What its hooks are sent beside the fields. */
  attributes(): Record<string, unknown>;
  /** Gives the fields, instead of the load hook. */
  load?(): Promise<FormAnswer>;
}

interface Option {
  value: unknown;
  label: string;
}

/** The members of an action's answer. */
interface ActionAnswer {
  success?: string;
  error?: string;
  html?: string;
  refresh?: { relationships?: string[] };
  redirectTo?: string;
  webhook?: { url: string; method: string; headers?: Record<string, string>; body?: unknown };
  message?: string;
  /** The run that the action has become. */
  run?: { id: string; status: string };
  errors?: { status?: number; detail?: string; name?: string; data?: any }[];
}

/** A run in the background. */
interface Run {
  id: string;
  action: string;
  status: string;
  /** `null` for an action on no record. */
  total: number | null;
  processed: number;
  refused: number;
  failed: number;
  progress: string | null;
  message: string | null;
  userName: string;
  cancelledBy: string | null;
  createdAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  /** Of one run that is read by itself. */
  reasons?: { outcome: string; text: string; count: number }[];
  /** What the action has answered in the end, for its user. */
  answer?: { status: number; body: ActionAnswer | null };
}

/** What is kept of one request, for the inspector. */
interface Call {
  id: string;
  kind: 'action' | 'hook' | 'write' | 'read' | 'page';
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string | null;
  /** Whether the body is no longer whole. */
  isShortened: boolean;
  started: Date;
  milliseconds: number | null;
  status: number | null;
  statusText: string;
  answerHeaders: [string, string][];
  answer: string | null;
  problem: string | null;
}

interface Answer {
  status: number;
  headers: Headers;
  /** The parsed body, when it is JSON. */
  json: any;
  blob: Blob | null;
  call: Call;
}

interface Approval {
  id: number;
  collection: string;
  action: string;
  recordIds: string[];
  values: Record<string, unknown>;
  requester: { id: number; name: string };
  status: 'pending' | 'approved' | 'rejected';
  reviewer: { id: number; name: string } | null;
  /** Whether the caller may decide, while nobody has; and why not. */
  mayDecide: boolean;
  reason: string | null;
  comments: { author: { id: number; name: string }; text: string }[];
  history: { at: string; by: { id: number; name: string }; step: string }[];
  endpoint: string | null;
}

/** One control of a form. */
interface Control {
  element: HTMLElement;
  /** What the control holds now, as the protocol has it. */
  read(): unknown;
  write(value: unknown): void;
  focus(): void;
  /** A problem that the control knows of itself, such as text that is no JSON. */
  problem?(): string | null;
  /** What the control has to say that keeps nobody from going on, such as a file that it did not take. */
  notice?(): string | null;
  /** The limits, in words. */
  hint?: string;
  /** Whether the control is a group that a legend names, not an input that a label names. */
  isGroup?: boolean;
}

interface ControlContext {
  id: string;
  field: FormField;
  /** Called when the user has changed the value; `isTyping` while more is to be expected. */
  changed(isTyping: boolean): void;
  /** Asks the search hook of the field. */
  search(text: string, signal: AbortSignal): Promise<Option[]>;
}
