"use strict";
// One question: its answers, one at a time. A mark is sent with the version that was seen, and the
// server refuses it where somebody else was faster.
(() => {
  const body = document.body, say = body.dataset, url = say.url;
  const byId = (name) => document.getElementById(name);
  const levels = say.levels ? say.levels.split(" ").map(Number) : [];
  const top = Math.max(0, ...levels);
  const usedKeys = ["q", "w", "e", "r", "t"];
  let answers = [], at = 0, undo = [], showNames = false, showFigures = false, crowded = false, unsaved = 0, given = 0;
  let saving = Promise.resolve();
  const slots = [], elsewhere = JSON.parse(say.elsewhere);

  const current = () => answers[at];
  const isNarrow = () => window.matchMedia("(max-width: 760px)").matches;
  const pointsOf = (level) => (level * current().max_points) / top;
  const levelOf = (answer) => (answer.waits || answer.points === null || !top ? null : (answer.points * top) / answer.max_points);

  function tell(text, bad = false) {
    const message = byId("message");
    message.textContent = text;
    message.hidden = !text;
    message.classList.toggle("bad", bad);
  }

  async function ask(address, options = {}) {
    const response = await fetch(address, {credentials: "same-origin", ...options});
    if (!response.ok) throw new Error(`${response.status}`);
    return response.json();
  }

  const cookie = (name) => (document.cookie.match(`\\b${name}=([^;]*)\\b`) || [])[1] || "";

  // ---- saving -----------------------------------------------------------------------------------------
  function change(answer, points, comment) {
    return {key: answer.key, points: points, comment: comment};
  }

  const find = (key) => answers.find((one) => one.key === key);
  const same = (answer, state) => answer.points === state.points && answer.comment === state.comment;
  const stateOf = ({points, comment, waits}) => ({points, comment, waits});

  // What is given is shown at once, so that a key never meets the answer before; where the server refuses, what
  // it has instead is shown.
  function save(changes, remember = true) {
    const before = changes.map(({key}) => stateOf(find(key)));
    const seen = changes.map(({key}) => find(key).taken || 0);
    const entry = changes.map((one, number) => ({key: one.key, answer: find(one.key).answer, before: before[number], after: one}));
    if (remember) undo.push(entry);
    count(1);
    given += 1;
    changes.forEach((one) => Object.assign(find(one.key), {points: one.points, comment: one.comment, waits: one.points === null, open: (find(one.key).open || 0) + 1, given}));
    show();
    saving = saving.then(async () => {
      // a change that was made before somebody else's mark was seen is not sent after it
      const sent = changes.map((one, number) => ({...one, version: (find(one.key).taken || 0) === seen[number] ? find(one.key).version : ""}));
      let results = null;
      try {
        results = await ask(`${url}/answers`, {
          method: "POST",
          headers: {"Content-Type": "application/json", "X-XSRFToken": cookie("_xsrf")},
          body: JSON.stringify(sent),
        });
      } catch (error) { /* said below */ }
      let why = "", others = false;
      changes.forEach((one, number) => {
        const answer = find(one.key), result = results ? results[number] : {done: false, mark: null, why: "lost"};
        answer.open -= 1;
        if (result.done) {
          answer.version = result.mark.version;
        } else {
          const taken = result.why.startsWith("somebody");
          answer.taken = (answer.taken || 0) + 1;
          entry[number].after = {};  // nothing to take back
          crowded = crowded || taken;
          const other = result.mark && result.mark.answer !== answer.answer;
          others = others || other;
          Object.assign(answer, other || !result.mark ? before[number] : result.mark);
          const where = answer === current() ? "" : `${say.answer} ${answers.indexOf(answer) + 1}: `;
          why = where + (taken ? say.taken : other ? say.another : results ? result.why : say.lost);
        }
      });
      count(-1);
      if (others) await load();
      tell(why, Boolean(why));
      show();
    });
    return saving;
  }

  function count(more) {
    unsaved += more;
    body.classList.toggle("saving", unsaved > 0);
  }

  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  // What somebody else has given, and whether it is for the answer that is shown.
  // What has been given here since the server was asked is newer than its reply.
  function take(mark, asked) {
    const answer = find(mark.key);
    if (!answer || answer.open || answer.given > asked) return true;
    if (mark.answer !== answer.answer) return false;
    Object.assign(answer, mark);
    return true;
  }

  const typed = () => byId("comment").value.trim();

  function give(points) {
    return save([change(current(), points, typed())]);
  }

  function saveComment() {
    const answer = current();
    if (answer && typed() !== answer.comment) save([change(answer, answer.waits ? null : answer.points, typed())]);
  }

  function giveSame() {
    const mine = current();
    if (mine.waits) return;
    save(answers.filter((one) => one.text === mine.text).map((one) => change(one, mine.points, mine.comment)));
  }

  function giveBlanks() {
    const blanks = answers.filter((one) => one.blank && one.waits);
    if (blanks.length) save(blanks.map((one) => change(one, 0, one.comment)));
  }

  function takeBack() {
    leave();
    const last = undo.pop();
    if (!last) return;
    at = Math.max(0, answers.findIndex((one) => one.key === last[0].key));
    // a mark is taken back from the answer it was given to, and what waited before waits again
    const there = last.filter((one) => find(one.key).answer === one.answer);
    const mine = there.filter((one) => same(find(one.key), one.after));
    arrive();
    if (mine.length) save(mine.map((one) => change(find(one.key), one.before.waits ? null : one.before.points, one.before.comment)), false);
    else tell(there.length ? say.taken : say.another, true);
  }

  // ---- going ------------------------------------------------------------------------------------------
  function leave() {
    byId("comment").blur();
    saveComment();
  }

  function go(step) {
    leave();
    at = (at + step + answers.length) % answers.length;
    arrive();
  }

  // The next one that waits; whoever has met another marker goes on anywhere in what is left.
  function next() {
    leave();
    const order = answers.map((_, step) => (at + 1 + step) % answers.length);
    const waiting = order.filter((place) => answers[place].waits);
    at = waiting.length ? waiting[crowded ? Math.floor(Math.random() * waiting.length) : 0] : order[0];
    crowded = false;
    arrive();
    refresh();
  }

  function arrive() {
    tell("");
    show();
    window.scrollTo(0, 0);
    if (showFigures) loadFigures();
  }

  function following() {
    leave();
    saving.then(() => { if (byId("following") && byId("message").hidden) byId("following").click(); });
  }

  async function loadFigures() {
    const place = byId("figures"), answer = current();
    place.hidden = !showFigures;
    if (!showFigures) return;
    place.textContent = say.loading;
    try {
      const content = await ask(`${url}/figures/${encodeURIComponent(answer.key)}?language=${say.language}`);
      if (current() === answer) place.innerHTML = content.html;
      if (isNarrow()) place.scrollIntoView({block: "nearest"});
    } catch (error) {
      place.textContent = "–";
    }
  }

  // ---- showing ----------------------------------------------------------------------------------------
  function show() {
    const answer = current();
    const waiting = answers.filter((one) => one.waits).length;
    byId("left").textContent = answers.length ? (waiting ? say.left.replace("{waiting}", waiting).replace("{answers}", answers.length) : say.done) : say.done;
    if (!answer) return;
    byId("which").textContent = `${say.answer} ${at + 1} / ${answers.length}`;
    byId("who").textContent = showNames ? `${answer.name} ${answer.student}`.trim() : "";
    const alike = answers.filter((one) => one.group === answer.group && !one.blank).length;
    byId("alike").textContent = alike > 1 && !answer.blank ? say.similar.replace("{}", alike) : "";
    const article = byId("answer");
    article.classList.toggle("blank", answer.blank);
    if (article.dataset.key !== answer.key) {
      article.dataset.key = answer.key;
      article.innerHTML = answer.html;  // made harmless by the server, and this page runs no inline script
      if (answer.blank) article.textContent = say.blank;
      byId("comment").value = answer.comment;
    } else if (document.activeElement !== byId("comment")) {
      byId("comment").value = answer.comment;
    }
    for (const name of ["handed", "before"]) {
      byId(name).textContent = answer[name] || "";
      byId(name).hidden = !answer[name];
    }
    const level = levelOf(answer);
    document.querySelectorAll(".level").forEach((one) => one.classList.toggle("given", Number(one.dataset.level) === level));
    if (document.activeElement !== byId("points")) byId("points").value = answer.waits || answer.points === null ? "" : answer.points;
    byId("most").textContent = `/ ${answer.max_points}`;
    byId("undo-button").disabled = !undo.length;
    byId("blanks-button").disabled = !answers.some((one) => one.blank && one.waits);
    const equal = answers.filter((one) => one.text === answer.text).length;
    byId("same-button").disabled = answer.waits || equal < 2;
    showUsed();
  }

  // For each key its comment: it stays there as long as it is used, so that a key means the same for the next answer.
  function usedComments() {
    const counts = new Map(elsewhere.map((text) => [text, 0]));
    for (const one of answers) if (one.comment) counts.set(one.comment, (counts.get(one.comment) || 0) + 1);
    const rank = (place) => counts.has(slots[place]) ? counts.get(slots[place]) : -1;
    for (const [text, count] of [...counts].sort((one, other) => other[1] - one[1])) {
      if (slots.includes(text)) continue;
      const place = usedKeys.map((_, number) => number).reduce((best, number) => rank(number) < rank(best) ? number : best);
      if (rank(place) < count) slots[place] = text;
    }
    return usedKeys.map((_, place) => rank(place) < 0 ? "" : slots[place]);
  }

  function showUsed() {
    const place = byId("used");
    place.replaceChildren(...usedComments().flatMap((text, number) => {
      if (!text) return [];
      const button = document.createElement("button"), key = document.createElement("kbd");
      key.textContent = usedKeys[number];
      button.append(key, ` ${text}`);
      button.addEventListener("click", () => use(number));
      return [button];
    }));
  }

  function use(number) {
    const text = usedComments()[number];
    if (!text) return;
    const box = byId("comment");
    box.value = box.value.trim() && !box.value.includes(text) ? `${box.value.trim()}\n\n${text}` : text;
    saveComment();
  }

  // ---- keys -------------------------------------------------------------------------------------------
  const actions = {
    Enter: next, ArrowRight: () => go(1), ArrowLeft: () => go(-1), Backspace: () => go(-1),
    o: () => { showFigures = !showFigures; loadFigures(); }, n: () => { showNames = !showNames; show(); },
    c: () => byId("comment").focus(), b: giveBlanks, a: giveSame, z: takeBack, x: () => give(null),
    p: () => byId("points").focus(), f: following,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !answers.length) return;
    if (event.target.matches("textarea, input")) {
      if (event.key === "Escape" || (event.key === "Enter" && event.target.matches("input"))) { event.target.blur(); event.preventDefault(); }
      return;
    }
    if (event.target.matches("button, a, summary") && event.key === "Enter") return;
    const used = usedKeys.indexOf(event.key);
    if (/^\d$/.test(event.key) && levels.includes(Number(event.key))) give(pointsOf(Number(event.key)));
    else if (used >= 0) use(used);
    else if (actions[event.key]) actions[event.key]();
    else return;
    event.preventDefault();
  });

  const clicks = {
    previous: () => go(-1), next: next, "figures-button": actions.o, "names-button": actions.n, "same-button": giveSame,
    "blanks-button": giveBlanks, "undo-button": takeBack, "clear-button": actions.x,
  };
  for (const [name, action] of Object.entries(clicks)) {
    byId(name).addEventListener("click", (event) => { event.currentTarget.blur(); action(); });
  }
  document.querySelectorAll(".give").forEach((button) =>
    button.addEventListener("click", () => { button.blur(); give(pointsOf(Number(button.dataset.level))); }));
  byId("comment").addEventListener("blur", saveComment);
  byId("points").addEventListener("change", () => {
    const value = byId("points").value;
    give(value === "" ? null : Number(value));
  });

  // ---- others mark, too -------------------------------------------------------------------------------
  async function refresh() {
    try {
      await saving;
      const before = given, marks = await ask(`${url}/answers?marks`);
      const current = marks.map((mark) => take(mark, before)).every(Boolean);
      if (!current) {
        await load();
        tell(say.another, true);
      }
      show();
    } catch (error) { /* the next mark says so */ }
  }

  // All answers anew: a student has handed in again. The place stays, and so does what is being typed.
  async function load() {
    const found = await ask(`${url}/answers?language=${say.language}`), old = current();
    answers = found.map((one) => {
      const before = find(one.key);
      if (!before) return one;
      if (before.answer !== one.answer) return {...one, open: before.open, taken: (before.taken || 0) + 1};
      return {...one, ...(before.open ? stateOf(before) : {}), open: before.open, taken: before.taken};
    });
    undo = undo.map((entry) => entry.filter(({key}) => find(key))).filter((entry) => entry.length);
    if (!old) return;
    at = Math.max(0, answers.findIndex((one) => one.key === old.key));
    if (!current() || current().answer !== old.answer) byId("answer").dataset.key = "";
  }

  byId("question").open = !isNarrow();
  load().then(() => {
    at = Math.max(0, answers.findIndex((one) => one.waits));
    show();
    setInterval(refresh, 10000);
  }).catch(() => tell(say.lost, true));
})();
