"""What a screen reader, a keyboard, a phone and weak eyes need of a page: looked at from inside the browser."""

#: What is wrong with the page as it stands, a line each. Closed parts are opened first: they are read too.
FAULTS = r"""
() => {
  const faults = [];
  const say = (what, e) => faults.push(`${what}: ${(e.outerHTML || e).replace(/\s+/g, " ").slice(0, 160)}`);
  const all = (css) => [...document.querySelectorAll(css)];
  const told = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
  const name = (e) => [
    e.getAttribute("aria-label"), told(e.getAttribute("aria-labelledby") || ""),
    ...[...(e.labels || [])].map((l) => l.textContent), /^(BUTTON|A|SUMMARY)$/.test(e.tagName) ? e.textContent : "",
  ].join("").trim();
  all("details").forEach((d) => { d.open = true; });

  if (!/^(zh-Hans|en)$/.test(document.documentElement.lang)) say("no language", "html");
  if (!document.title.trim()) say("no title", "html");
  for (const [css, wanted] of [["h1", 1], ["main", 1], ["body > header", 1], [".skip[href^='#']", 1]])
    if (all(css).length !== wanted) say(`${all(css).length} of`, css);
  const skip = document.querySelector(".skip");
  if (skip && !document.getElementById(skip.hash.slice(1))) say("leads nowhere", skip);
  let level = 1;
  for (const h of all("h1, h2, h3, h4, h5")) {
    if (Number(h.tagName[1]) > level + 1) say(`a heading skips from ${level}`, h);
    level = Number(h.tagName[1]);
  }
  const ids = all("[id]").map((e) => e.id);
  ids.filter((id, n) => ids.indexOf(id) !== n).forEach((id) => say("id twice", id));
  for (const key of ["aria-labelledby", "aria-describedby", "for"])
    for (const e of all(`[${key}]`))
      for (const id of e.getAttribute(key).split(/\s+/)) if (!ids.includes(id)) say(`${key} leads nowhere`, e);
  all("input:not([type=hidden]), select, textarea, button, a[href], summary, progress, [role=region]")
    .filter((e) => !name(e)).forEach((e) => say("no name", e));
  all("th").filter((e) => !e.textContent.trim()).forEach((e) => say("an empty heading", e));
  if (all("nav").length > 1) all("nav").filter((e) => !name(e)).forEach((e) => say("no name", e));
  // The same words many times over: each has to say of what.
  const said = all("button, a.button").filter((e) => e.closest("li")).map((e) => [e, name(e)]);
  said.filter(([e, words]) => !e.hasAttribute("aria-describedby") && said.filter(([o, w]) => o !== e && w === words).length)
    .forEach(([e]) => say("the same as another", e));
  all("svg").filter((e) => e.getAttribute("aria-hidden") !== "true" && !(e.getAttribute("role") === "img" && name(e)))
    .forEach((e) => say("a picture without words", e));
  all("th").filter((e) => !e.scope).forEach((e) => say("a heading of what?", e));
  all("[tabindex]").filter((e) => e.tabIndex > 0).forEach((e) => say("out of order", e));

  const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  all("button, a.button, select, textarea, input:not([type=hidden]), summary, header nav a, .tabs a").filter(shown)
    .filter((e) => e.offsetHeight < 24 || e.offsetWidth < 24).forEach((e) => say("too small to hit", e));

  // Contrast, as WCAG counts it: 4.5, or 3 for large print.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = css; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => top.slice(0, 3).map((v, n) => v * top[3] + under[n] * (1 - top[3])).concat(1);
  const ground = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none") return null; // a gradient: looked at by eye
      layers.push(rgba(style.backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const seen = new Set();
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || seen.has(e) || !shown(e) || e.closest("script, .skip, .hidden, option")) continue;
    seen.add(e);
    const style = getComputedStyle(e), under = ground(e);
    if (!under || e.closest(":disabled")) continue;
    const [a, b] = [light(over(rgba(style.color), under)), light(under)].sort((x, y) => y - x);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) say(`contrast ${ratio.toFixed(2)}`, e);
  }

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    const wide = all("body *").filter((e) => shown(e) && e.getBoundingClientRect().right > root.clientWidth + 1 && !e.closest(".scroll"));
    say(`${root.scrollWidth - root.clientWidth} px too wide`, wide.at(-1) || "html");
  }
  return faults;
}
"""
