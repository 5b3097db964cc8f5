/*
 * The types of the page in static/: what the HTTP interface answers, and what crosses its modules.
 * For `tsc` alone; it is not served.
 */

/** A picture of the gallery. Sizes in pixels, as shown. */
interface Picture {
  id: number;
  name: string;
  path: string;
  folder: string;
  width: number;
  height: number;
  format: string;
  bytes: number;
  /** Local time without a zone. */
  taken_at: string | null;
  /** UTC. */
  modified_at: string;
  labels: string[];
  uploaded: boolean;
  thumbnail: string;
  file: string;
  /** Of a hit only, as is `score`, the cosine. */
  rank?: number;
  score?: number;
}

interface Answer {
  hits: Picture[];
  more: boolean;
  /** Pictures that pass the filters and were compared. */
  considered: number;
  total: number;
  model: string;
  /** Kept from the same search before. */
  cached: boolean;
  milliseconds: { queue: number; decode: number; compose: number; embed: number; search: number; fetch: number; total: number };
  notes: string[];
  picture: { token: string; url: string; width: number; height: number } | null;
  /** Of a composed search only. */
  composition: Composition | null;
}

type Mode = "roles" | "published" | "fusion" | "sum" | "image" | "text";
type Phrases = "desired" | "preserve" | "forbidden";
type Weight = "target" | "desired" | "preserve" | "image" | "forbidden";

/** How a picture and words became one search. */
interface Composition {
  mode: Mode;
  instruction: string;
  caption: string;
  captioner: string;
  /** "" in modes that need none. */
  target: string;
  desired: string[];
  preserve: string[];
  forbidden: string[];
  paraphrases: string[];
  composer: string;
  fell_back: { step: "caption" | "compose"; name: string; reason: string }[];
  weights: Record<Weight, number>;
  balance: number;
  /** Cosine of target and paraphrases to each other. */
  agreement: number | null;
  steps: { name: string; source: string; milliseconds: number; tokens_sent: number; tokens_received: number }[];
}

/** What a service composes searches with. */
interface ComposingFacts {
  modes: Mode[];
  /** Asked in this order. */
  captioners: string[];
  composers: string[];
  all_captioners: string[];
  all_composers: string[];
  language_model: { model: string; is_remote: boolean } | null;
}

interface Fault {
  path: string;
  reason: string;
}

interface GalleryFacts {
  path: string;
  images: number;
  model: string;
  models: { name: string; vectors: number; dimensions: number; precision: string }[];
  knows: string;
  can_text: boolean;
  folders: string[];
  faults: { count: number; reasons: { reason: string; count: number }[]; first: Fault[] };
  missing: number;
  index_state: string;
  bytes_on_disk: number;
  labels: { label: string; count: number }[];
  formats: { format: string; count: number }[];
  taken: { first: string | null; last: string | null };
  version: string;
  max_upload_bytes: number;
  examples: string[];
  may_index: boolean;
  composing: ComposingFacts;
}

interface JobReport {
  added: number;
  changed: number;
  moved: number;
  removed: number;
  unchanged: number;
  seconds: number;
  skipped: Fault[];
  skipped_count: number;
}

interface Job {
  id: string;
  state: "running" | "done" | "failed" | "cancelled";
  paths: string[];
  stage: "finding" | "embedding" | "indexing";
  done: number;
  total: number | null;
  skipped: number;
  /** Pictures a second. */
  rate: number | null;
  report: JobReport | null;
  error: string | null;
}

interface UploadAnswer {
  added: Picture[];
  known: Picture[];
  refused: { name: string; reason: string }[];
}

type Tab = "text" | "image" | "composed";

/** A search as its address holds it: the interface's own parameters by name, and a few of the page. */
interface Ask {
  tab: Tab;
  parts: Record<string, string[]>;
}

type Value = string | number | null;
/** Differences to a search; null, "" and [] take a part away. */
type Changes = { tab?: Tab } & { [part: string]: Value | Value[] };

/** What one search found so far. */
interface Found {
  key: string;
  answer: Answer;
  hits: Picture[];
  more: boolean;
  scroll: number;
}

/** Whole pixels. */
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Fractions of the picture, 0 to 1. */
interface Region {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Where one can go from the open picture. */
interface Ways {
  /** The list that arrows walk through. */
  neighbours(): Picture[];
  /** Whether there is a search to exclude something from. */
  mayExclude(): boolean;
  open(id: number): void;
  close(): void;
  like(id: number): void;
  likeBut(id: number): void;
  notLike(id: number): void;
  likePart(id: number, region: string): void;
  changed(picture: Picture): void;
  removed(): void;
  /** Say what a picture is as an answer: relevant (1), not (0), or nothing (null). */
  judge(id: number, grade: number | null): void;
  mayJudge(): boolean;
  /** The last of the list is near. */
  nearEnd(): void;
}

/** A query whose answers are judged: words, a picture of the gallery, or both. */
interface Question {
  text: string;
  picture: number | null;
}

/** What judging needs of the page. */
interface JudgingCalls {
  /** The open picture, else that of the tile with the focus, else 0. */
  current(): number;
  /** A picture was judged: go on to the one after it. */
  next(id: number): void;
}

/** What is done with a box on a picture. */
interface BoxCalls {
  /** It was drawn or moved with the pointer. */
  onDrawn(): void;
  /** Enter was pressed on it. */
  onSearch(): void;
  /** Escape was pressed on it. */
  onCancel(): void;
}

/** How a search is shown. */
interface Drawn {
  show(): void;
  wait(): void;
  fail(error: unknown): void;
}

/** What became of an upload. */
interface Outcome {
  kind: "added" | "known" | "refused";
  says: (Node | string)[];
}

type Remedy = "add" | "clearFilters" | "noMinimum" | "gallery";
type Remedies = Record<Remedy, [words: string, run: () => void]>;

/** The room of a grid, in pixels. */
interface Room {
  width: number;
  rowHeight: number;
  gap: number;
}

/** A request below /api/v1. */
interface Asked {
  method?: string;
  json?: unknown;
  form?: FormData | null;
  /** For a language model; "" for none. */
  modelKey?: string;
  signal?: AbortSignal | undefined;
}

/** A part of the hits of a search. */
interface Page {
  offset?: number;
  k: number;
  /** A query picture that the server does not have yet. */
  file?: File | null;
  /** What an earlier page of the same ranking was understood as. */
  understood?: Composition | null;
  signal?: AbortSignal;
}

/** The elements of index.html by their ids. */
interface Ui {
  judge: HTMLButtonElement;
  judged: HTMLElement;
  judging: HTMLElement;
  add: HTMLDialogElement;
  addChoose: HTMLButtonElement;
  addClose: HTMLButtonElement;
  addFiles: HTMLInputElement;
  addLabel: HTMLInputElement;
  addOpen: HTMLButtonElement;
  announcement: HTMLElement;
  ask: HTMLFormElement;
  banner: HTMLElement;
  bannerText: HTMLElement;
  caption: HTMLTextAreaElement;
  captioner: HTMLSelectElement;
  captionFound: HTMLButtonElement;
  chips: HTMLElement;
  command: HTMLElement;
  commandCopy: HTMLButtonElement;
  composer: HTMLSelectElement;
  drop: HTMLElement;
  dropAdd: HTMLElement;
  dropQuery: HTMLElement;
  end: HTMLElement;
  examples: HTMLElement;
  examplesPart: HTMLElement;
  facts: HTMLElement;
  fallbacks: HTMLElement;
  faults: HTMLElement;
  faultsNone: HTMLElement;
  filters: HTMLElement;
  filtersClear: HTMLButtonElement;
  filtersCount: HTMLElement;
  filtersDone: HTMLButtonElement;
  filtersToggle: HTMLButtonElement;
  frame: HTMLElement;
  gallery: HTMLDialogElement;
  galleryAdd: HTMLButtonElement;
  galleryClose: HTMLButtonElement;
  galleryCount: HTMLElement;
  galleryFacts: HTMLElement;
  galleryFolders: HTMLElement;
  galleryOpen: HTMLButtonElement;
  grid: HTMLElement;
  job: HTMLElement;
  jobBadge: HTMLElement;
  jobBar: HTMLProgressElement;
  jobCancel: HTMLButtonElement;
  jobFault: HTMLElement;
  jobFolder: HTMLInputElement;
  jobForce: HTMLInputElement;
  jobForm: HTMLFormElement;
  jobPart: HTMLElement;
  jobText: HTMLElement;
  keyPart: HTMLElement;
  knownLabels: HTMLElement;
  labels: HTMLElement;
  large: HTMLImageElement;
  message: HTMLElement;
  minScore: HTMLInputElement;
  minScoreValue: HTMLElement;
  mode: HTMLSelectElement;
  modelKey: HTMLInputElement;
  modelTold: HTMLElement;
  modeTold: HTMLElement;
  most: HTMLInputElement;
  mostValue: HTMLElement;
  newestHeading: HTMLElement;
  note: HTMLElement;
  notes: HTMLElement;
  notForm: HTMLFormElement;
  notWord: HTMLInputElement;
  part: HTMLElement;
  partCancel: HTMLButtonElement;
  partSearch: HTMLButtonElement;
  queryCamera: HTMLInputElement;
  queryChoose: HTMLButtonElement;
  queryEmpty: HTMLElement;
  queryFile: HTMLInputElement;
  queryFrame: HTMLElement;
  queryImage: HTMLImageElement;
  queryName: HTMLElement;
  queryPanel: HTMLElement;
  queryPart: HTMLButtonElement;
  queryPhoto: HTMLButtonElement;
  queryRemove: HTMLButtonElement;
  queryReplace: HTMLButtonElement;
  queryRephoto: HTMLButtonElement;
  queryThere: HTMLElement;
  queryWhole: HTMLButtonElement;
  share: HTMLInputElement;
  sharing: HTMLElement;
  signIn: HTMLDialogElement;
  signInFault: HTMLElement;
  signInForm: HTMLFormElement;
  skip: HTMLAnchorElement;
  sort: HTMLSelectElement;
  tabComposed: HTMLAnchorElement;
  tabImage: HTMLAnchorElement;
  tabText: HTMLAnchorElement;
  stage: HTMLElement;
  steps: HTMLElement;
  summary: HTMLElement;
  target: HTMLTextAreaElement;
  targetFound: HTMLButtonElement;
  theme: HTMLButtonElement;
  title: HTMLElement;
  token: HTMLInputElement;
  took: HTMLElement;
  understood: HTMLDetailsElement;
  understoodLine: HTMLElement;
  understoodParts: HTMLElement;
  uploads: HTMLElement;
  uploadsSummary: HTMLElement;
  viewer: HTMLDialogElement;
  viewerActions: HTMLElement;
  viewerAfter: HTMLButtonElement;
  viewerBefore: HTMLButtonElement;
  viewerClose: HTMLButtonElement;
  viewerName: HTMLElement;
  viewerPlace: HTMLElement;
  weighing: HTMLElement;
  welcome: HTMLElement;
  welcomeAdd: HTMLButtonElement;
  words: HTMLInputElement;
  wordsClear: HTMLButtonElement;
  wordsOnly: HTMLElement;
}
