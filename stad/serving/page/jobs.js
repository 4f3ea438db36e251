// The list of jobs, kept up to date by events.
const jobs = new Map(), jobRows = new Map();
const FILES = [["timeline.html", "Timeline"], ["annotated.mp4", "Annotated video"], ["result.json", "JSON"],
  ["segments.csv", "CSV"], ["source", "Video"]];
const STATES = { fetching: "fetching", queued: "waiting", running: "running", done: "done", failed: "failed",
  cancelled: "cancelled" };
const PAGE = 50;
let hasMore = false;

// Send a request; return its JSON, or throw an Error with the sentence of the service.
async function ask(method, address, body) {
  const options = { method };
  if (body !== undefined) {
    options.headers = { "Content-Type": "application/json" };
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Error("The service cannot be reached.");
  }
  if (answer.status === 401) location.reload();
  if (answer.status === 204) return null;
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(content.error || `The service answered ${answer.status}.`);
  return content;
}

const sizeText = (bytes) => bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

function makeState(state, text = STATES[state] || state) {
  return make("span", { class: `state ${state}` }, text);
}

function makeButton(text, label, action) {
  const button = make("button", { type: "button", "aria-label": label }, text);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await action();
    } catch (error) {
      button.after(make("span", { class: "error", role: "alert" }, error.message));
    }
    button.disabled = false;
  });
  return button;
}

function makeBar(fraction, label) {
  const bar = make("progress", { max: 1, "aria-label": label });
  if (fraction !== null) bar.value = fraction;
  return bar;
}

// Say how a job goes, in words.
function jobFacts(job) {
  const facts = [];
  if (job.duration_sec) facts.push(clock(job.duration_sec, 0));
  if (job.size_bytes) facts.push(sizeText(job.size_bytes));
  if (job.state === "queued") facts.push(job.num_before ? `${plural(job.num_before, "video", "videos")} before it` : "next");
  if (job.state === "running" && job.tries > 1) facts.push("second try");
  const { progress } = job;
  if (progress) {
    if (progress.fraction !== null) facts.push(`${Math.floor(progress.fraction * 100)} %`);
    facts.push(`${progress.fps.toFixed(progress.fps < 10 ? 1 : 0)} frames/s`);
    if (progress.left_sec !== null) facts.push(`${clock(Math.ceil(progress.left_sec), 0)} left`);
  }
  if (job.finished_at && job.started_at) facts.push(`took ${clock(job.finished_at - job.started_at, 0)}`);
  return facts.join(" · ");
}

function makeJobRow(job) {
  const row = make("li", { class: "row", "data-job": job.id, "data-state": job.state });
  const head = make("div"), buttons = make("div", { class: "buttons" });
  head.append(make("div", { class: "name" }, job.name), makeState(job.state), make("span", { class: "soft" }, ` ${jobFacts(job)}`));
  if (["fetching", "queued", "running"].includes(job.state))
    buttons.append(makeButton("Cancel", `cancel ${job.name}`, () => ask("POST", `/api/jobs/${job.id}/cancel`)));
  else buttons.append(makeButton("Delete", `delete ${job.name}`, async () => {
    const isSure = job.state !== "done" || confirm(`Delete the results of ${job.name}?`);
    if (isSure) await ask("DELETE", `/api/jobs/${job.id}`);
  }));
  row.append(head, buttons);
  if (job.state === "running" || job.state === "fetching") {
    const bar = makeBar(job.progress ? job.progress.fraction : null, `progress of ${job.name}`);
    bar.classList.add("wide");
    row.append(bar);
  }
  if (job.message) row.append(make("p", { class: "error wide" }, job.message));
  if (job.summary) row.append(makeSummary(job.summary));
  const links = make("div", { class: "links wide" });
  for (const [file, text] of FILES) if (job.files[file]) links.append(make("a", { href: job.files[file] }, text));
  if (links.children.length) row.append(links);
  return row;
}

function makeSummary(summary) {
  const chips = make("div", { class: "chips wide" });
  chips.append(make("span", {}, plural(summary.num_people, "person", "people")));
  for (const { label, seconds } of summary.labels) chips.append(make("span", {}, `${label} ${seconds.toFixed(1)} s`));
  for (const warning of summary.warnings) chips.append(make("span", {}, `⚠ ${warning}`));
  return chips;
}

function showJob(job) {
  const before = jobRows.get(job.id), row = makeJobRow(job);
  jobs.set(job.id, job);
  jobRows.set(job.id, row);
  if (before) {
    // A button keeps the focus of the keyboard.
    const hadFocus = before.contains(document.activeElement);
    before.replaceWith(row);
    if (hadFocus) row.querySelector("button")?.focus();
  } else {
    const next = [...$("jobs").children].find((one) => jobs.get(one.dataset.job).number < job.number);
    $("jobs").insertBefore(row, next || null);
  }
  countJobs();
}

function dropJob(id) {
  jobRows.get(id)?.remove();
  jobRows.delete(id);
  jobs.delete(id);
  countJobs();
}

function countJobs() {
  $("count").textContent = jobs.size ? plural(jobs.size, "job", "jobs") + (hasMore ? " shown" : "") : "Jobs";
  $("empty").hidden = jobs.size > 0;
  $("morebox").hidden = !hasMore;
}

async function loadJobs(before) {
  const found = (await ask("GET", `/api/jobs?limit=${PAGE}${before ? `&before=${before}` : ""}`)).jobs;
  hasMore = found.length === PAGE;
  if (!before) {
    const known = new Set(found.map((job) => job.id));
    for (const id of [...jobs.keys()]) if (!known.has(id)) dropJob(id);
  }
  found.forEach(showJob);
  countJobs();
}

$("more").addEventListener("click", () => loadJobs(Math.min(...[...jobs.values()].map((job) => job.number))));
