// What the page knows and remembers, and its calls to the API. Nothing here touches the page itself.

const words = JSON.parse(document.querySelector('meta[name="words"]').content);
const TIMEOUT_MS = 20000;

// Storage may be forbidden (private windows, frames of other sites): then the page forgets at reload.
const memory = new Map();
export const saved = {
  get(key) {
    try { return localStorage.getItem("fanzha." + key) ?? memory.get(key) ?? ""; } catch { return memory.get(key) ?? ""; }
  },
  set(key, value) {
    memory.set(key, value);
    try { localStorage.setItem("fanzha." + key, value); } catch { /* see above */ }
  },
  drop(key) {
    memory.delete(key);
    try { localStorage.removeItem("fanzha." + key); } catch { /* see above */ }
  },
};

const chosen = document.querySelector('meta[name="chosen"]').content || saved.get("lang");

export const state = {
  // The language of the page; answers follow the words of the question until one is chosen.
  lang: words[chosen] ? chosen : "zh-Hans",
  fixed: Boolean(words[chosen]),
  session: saved.get("session"),
};

export function say(key, values = {}) {
  const sentence = words[state.lang][key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/** A sentence in the language of an answer, which may differ from the page's. */
export function sayIn(lang, key) {
  return (words[lang] ?? words[state.lang])[key] ?? key;
}

export class Failed extends Error {
  constructor(status, seconds = 0) {
    super("status " + status);
    this.status = status; // 0: no connection
    this.seconds = seconds;
  }
}

async function call(path, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(path, { ...options, signal: stop.signal, credentials: "omit", cache: "no-store" });
    if (!response.ok) throw new Failed(response.status, Number(response.headers.get("Retry-After")) || 0);
    return response.status === 204 ? null : await response.json();
  } catch (error) {
    throw error instanceof Failed ? error : new Failed(0);
  } finally {
    clearTimeout(timer);
  }
}

function post(name, body) {
  return call("/api/v1/" + name, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

function get(path, lang = state.lang) {
  return call("/api/v1/" + path + "?lang=" + lang);
}

export function newMessage() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** `message` stays the same when a question is sent again, so that it is counted once. */
export async function ask(text, message) {
  const body = { text, message };
  if (state.session) body.session = state.session;
  if (state.fixed) body.lang = state.lang;
  const reply = await post("ask", body);
  if (reply.session !== state.session) {
    state.session = reply.session;
    saved.set("session", reply.session);
  }
  return reply;
}

export const choose = (answer, entry) => post("choose", { answer, entry, session: state.session });
export const feedback = (answer, helpful, missing) => post("feedback", missing ? { answer, helpful, missing } : { answer, helpful });
export const urgent = () => get("urgent");
export const topics = () => get("topics");
export const entry = (id, lang) => get("entries/" + encodeURIComponent(id), lang);

// ---------------------------------------------------------------- "tell me when you know"
function wishes() {
  return saved.get("wishes").split(" ").filter(Boolean);
}

export async function tellMe(answer) {
  await post("tell-me", { answer });
  saved.set("wishes", [...new Set([...wishes(), answer])].slice(-20).join(" "));
}

/** Replies that this device waited for and that are there now. */
export async function news() {
  if (!state.session || !wishes().length) return [];
  const found = await post("news", { session: state.session, answers: wishes() });
  saved.set("wishes", found.waiting.join(" "));
  return found.ready.map((item) => item.reply);
}

export async function forget() {
  const deleted = state.session ? (await post("forget", { session: state.session })).deleted : 0;
  state.session = "";
  ["session", "wishes"].forEach((key) => saved.drop(key));
  return deleted;
}
