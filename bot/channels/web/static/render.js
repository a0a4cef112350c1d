// Replies as elements. Every word goes in as text: whatever an entry or a resident wrote, it never becomes markup.

import { sayIn } from "./client.js";

/** make("p.lead", "words", child, ...) */
export function make(what, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  element.append(...children.filter((child) => child !== null && child !== ""));
  return element;
}

export function button(what, label, action) {
  const element = make("button." + what, label);
  element.type = "button";
  element.addEventListener("click", () => action(element));
  return element;
}

/** Plain text with its paragraphs, "· " lists and "1. " lists. */
export function blocks(text, dial = []) {
  const out = [];
  for (const paragraph of text.split(/\n{2,}/)) {
    let list = null;
    for (const line of paragraph.split("\n")) {
      const item = /^(?:(·)|\d+[.、])\s*(.*)$/.exec(line.trim());
      if (!item) {
        list = null;
        if (line.trim()) out.push(make("p", ...dialled(line.trim(), dial)));
        continue;
      }
      const kind = item[1] ? "ul" : "ol";
      if (!list || list.localName !== kind) out.push((list = make(kind)));
      list.append(make("li", ...dialled(item[2], dial)));
    }
  }
  return out;
}

/** A text in which the numbers that can be called are links. */
function dialled(text, dial) {
  const numbers = [...new Set(dial)].filter(Boolean).sort((a, b) => b.length - a.length);
  if (!numbers.length) return [text];
  const pattern = new RegExp("(?<![\\d.])(" + numbers.map((n) => n.replace(/\+/g, "\\+")).join("|") + ")(?!\\d)");
  return text.split(pattern).map((part) => {
    if (!numbers.includes(part)) return part;
    const link = make("a.tel", part);
    link.href = "tel:" + part;
    return link;
  });
}

function dials(lines) {
  return lines.map((line) => line.dial);
}

export function hotlines(lines, lang) {
  if (!lines.length) return null;
  const list = make("ul.hotlines");
  list.setAttribute("aria-label", sayIn(lang, "label.hotlines"));
  for (const line of lines) {
    const link = make(line.dial ? "a.call" : "span.call", make("b", line.number), make("span.line", line.title), make("small", line.purpose));
    if (line.dial) link.href = "tel:" + line.dial;
    list.append(make("li", link));
  }
  return list;
}

function folded(title, ...children) {
  return make("details", make("summary", title), ...children);
}

function items(kind, texts, dial) {
  return make(kind, ...texts.map((text) => make("li", ...dialled(text, dial))));
}

/** An entry in full: the verdict, what to do in order, whom to call; what else there is, folded away. */
export function card(data, lang, { urgent = false, titled = true } = {}) {
  const dial = dials(data.hotlines);
  const element = make(urgent ? "article.card.urgent" : "article.card");
  element.dataset.entry = data.id;
  if (titled) element.append(make("h2", data.title));
  element.append(make("p.lead", ...dialled(data.lead, dial)));
  // In an emergency calling comes first.
  if (urgent) element.append(hotlines(data.hotlines, lang) ?? "");
  if (data.steps.length) {
    const label = make(titled ? "h3.label" : "h2.label", sayIn(lang, urgent ? "label.now" : "label.do"));
    element.append(label, items("ol.steps", data.steps, dial));
  }
  if (!urgent) element.append(hotlines(data.hotlines, lang) ?? "");
  const extras = make("div.extras");
  if (data.signs.length) extras.append(folded(sayIn(lang, "label.signs"), items("ul", data.signs, dial)));
  if (data.more) extras.append(folded(sayIn(lang, "label.more"), ...blocks(data.more, dial)));
  if (data.share) extras.append(share(data.share, lang));
  if (data.sources.length) extras.append(folded(sayIn(lang, "label.sources"), items("ul.sources", data.sources, [])));
  if (extras.childElementCount) element.append(extras);
  return element;
}

function share(text, lang) {
  const words = make("p.share", text);
  const told = make("span.told");
  told.setAttribute("role", "status");
  const copy = button("quiet", sayIn(lang, "chat.copy"), async () => {
    told.textContent = sayIn(lang, (await copied(text, words)) ? "chat.copied" : "chat.copy_failed");
  });
  return folded(sayIn(lang, "label.share"), words, make("div.buttons", copy, told));
}

async function copied(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not over https, or not allowed in this frame: select what is on the page and copy that.
    getSelection().selectAllChildren(shown);
    return document.execCommand("copy");
  }
}

/** A second matter, or what is behind an emergency: title and first sentence, opened on demand. */
function brief(data, lang, open) {
  const element = make("article.card.brief", make("h2", data.title), make("p", data.lead));
  element.append(make("div.buttons", button("quiet", sayIn(lang, "label.more"), () => open(data.id, lang))));
  return element;
}

/** The parts of a reply. `act`: choose(id), none(), open(id, lang). */
export function reply(data, act) {
  const { lang } = data;
  const choices = data.cards.filter((each) => each.role === "choice");
  const full = data.cards.filter((each) => !each.brief && each.role !== "choice");
  const rest = data.cards.filter((each) => each.brief && each.role !== "choice");
  const dial = dials(data.hotlines);
  const out = [];
  const intro = make("div.intro", ...blocks(data.intro, dial));
  if (data.intro) out.push(intro);
  const urgent = data.kind === "emergency";
  out.push(...full.map((each) => card(each, lang, { urgent: each.role === "emergency", titled: !urgent })));
  if (rest.length) {
    // Behind an emergency only the scam types are "what this looks like"; what else helps stands apart.
    const scams = urgent ? rest.filter((each) => each.risk === "scam") : [];
    const others = rest.filter((each) => !scams.includes(each));
    if (scams.length) out.push(make("h2.also", sayIn(lang, "chat.also")));
    out.push(...scams.map((each) => brief(each, lang, act.open)));
    if (urgent && others.length) out.push(make("h2.also", sayIn(lang, "emergency.see")));
    out.push(...others.map((each) => brief(each, lang, act.open)));
  }
  const outro = blocks(data.outro, dial);
  if (!full.length && data.hotlines.length) {
    // Under the steps of the emergency card, but after "until it is clear: ..." of an unknown question.
    if (!urgent) out.push(...outro.splice(0));
    out.push(hotlines(data.hotlines, lang));
  }
  // "Before you choose: no transfer" is read before choosing.
  if (choices.length) out.push(...outro.splice(0));
  if (choices.length) {
    const list = make("div.choices", ...choices.map((each) => button("choice", each.title, (from) => act.choose(each.id, from))));
    if (!urgent) list.append(button("choice.none", sayIn(lang, "choose.none"), (from) => act.none(from)));
    out.push(list);
  }
  out.push(...outro);
  return out;
}
