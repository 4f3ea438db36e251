// Send the videos that are dropped or chosen, two at a time; wait where the service asks for it.
const AT_ONCE = 2, MAX_WAIT_SEC = 120;
const waiting = [];
let numSending = 0;

class Upload {
  constructor(file) {
    this.file = file;
    this.row = make("li", { class: "row card" });
    this.text = make("span", { class: "soft" }, "waiting");
    this.bar = makeBar(0, `upload of ${file.name}`);
    this.bar.classList.add("wide");
    const head = make("div"), buttons = make("div", { class: "buttons" });
    head.append(make("div", { class: "name" }, file.name), this.text);
    buttons.append(makeButton("Cancel", `cancel the upload of ${file.name}`, () => this.cancel()));
    this.row.append(head, buttons, this.bar);
    $("uploads").append(this.row);
    if (file.size > data.maxBytes) this.fail(`It has ${sizeText(file.size)}; the limit is ${sizeText(data.maxBytes)}.`);
  }

  cancel() {
    this.isOver = true;
    this.request?.abort();
    clearTimeout(this.timer);
    this.row.remove();
  }

  fail(message) {
    this.isOver = true;
    this.text.className = "error";
    this.text.textContent = message;
    this.bar.remove();
    this.row.querySelector("button").textContent = "Close";
  }

  // Resolve when the service has answered, or the upload was cancelled.
  send() {
    return new Promise((resolve) => {
      const request = this.request = new XMLHttpRequest();
      request.open("POST", `/api/jobs?name=${encodeURIComponent(this.file.name)}`);
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => {
        this.bar.value = event.loaded / event.total;
        this.text.textContent = `${sizeText(event.loaded)} of ${sizeText(event.total)}`;
      };
      request.onload = () => resolve(this.take(request));
      request.onerror = () => resolve(this.fail("The service cannot be reached, or ended the upload."));
      request.onabort = () => resolve();
      request.send(this.file);
    });
  }

  take(request) {
    if (request.status === 401) location.reload();
    const content = JSON.parse(request.responseText || "{}");
    if (request.status === 201) {
      showJob(content);
      this.cancel();
    } else if (request.status === 429) {
      const sec = Math.min(Number(request.getResponseHeader("Retry-After")) || 5, MAX_WAIT_SEC);
      this.text.textContent = `${content.error} It is sent again in ${sec} s.`;
      this.timer = setTimeout(() => { waiting.push(this); sendNext(); }, sec * 1000);
    } else this.fail(content.error || `The service answered ${request.status}.`);
  }
}

async function sendNext() {
  if (numSending >= AT_ONCE) return;
  const upload = waiting.shift();
  if (!upload) return;
  if (!upload.isOver) {
    numSending += 1;
    await upload.send();
    numSending -= 1;
  }
  sendNext();
}

function addFiles(files) {
  for (const file of files) waiting.push(new Upload(file));
  for (let count = 0; count < AT_ONCE; count += 1) sendNext();
}

$("files").addEventListener("change", () => { addFiles($("files").files); $("files").value = ""; });
// Anywhere on the page: a video that misses the field would otherwise replace the page.
for (const kind of ["dragenter", "dragover"])
  addEventListener(kind, (event) => { event.preventDefault(); $("drop").classList.add("over"); });
addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("drop").classList.remove("over"); });
addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").classList.remove("over");
  addFiles(event.dataTransfer.files);
});

// Videos that the service finds itself.
const isUrl = (text) => /^https?:\/\//i.test(text);
function setUpNamed() {
  $("named").hidden = !data.takesPaths && !data.takesUrls;
  const what = [data.takesPaths && "path of a video on the server", data.takesUrls && "address of a video (https://…)"];
  $("place").placeholder = what.filter(Boolean).join(", or ");
  $("place").setAttribute("aria-label", $("place").placeholder);
  $("named").addEventListener("submit", async (event) => {
    event.preventDefault();
    const place = $("place").value.trim();
    if (!place) return;
    try {
      showJob(await ask("POST", "/api/jobs/named", isUrl(place) && data.takesUrls ? { url: place } : { path: place }));
      $("place").value = "";
      $("namederror").hidden = true;
    } catch (error) {
      $("namederror").textContent = error.message;
      $("namederror").hidden = false;
    }
  });
}
