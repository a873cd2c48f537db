// Starts a job and shows its progress, also after a reload or a lost connection.

const WAIT = 2000; // milliseconds before reconnecting

const start = document.querySelector("#start");
const progress = document.querySelector("#progress");
const status = document.querySelector("#status");
const scheme = location.protocol === "https:" ? "wss" : "ws";
let socket;

// A browser that blocks cookies refuses sessionStorage; a reload then forgets the job.
let kept = {};
try {
  kept = sessionStorage;
} catch {}

connect();

start.addEventListener("click", () => socket.send(JSON.stringify({ start: 100 })));

function connect() {
  socket = new WebSocket(`${scheme}://${location.host}${document.body.dataset.socket}`);
  socket.addEventListener("open", () => {
    start.disabled = false;
    status.textContent = "Ready.";
    const job = kept.job; // this tab's, kept over a reload
    if (job) socket.send(JSON.stringify({ follow: job }));
  });
  socket.addEventListener("message", ({ data }) => show(JSON.parse(data)));
  socket.addEventListener("close", () => {
    start.disabled = true;
    status.textContent = "Reconnecting…";
    setTimeout(connect, WAIT);
  });
}

function show({ job, done, of, waiting, finished, failed, error }) {
  if (error) {
    status.textContent = error;
    return;
  }
  if (kept.job !== job) {
    kept.job = job;
    progress.value = 0;
  }
  if (done) {
    progress.max = of;
    // What was stored may come after a newer event.
    progress.value = Math.max(progress.value, done);
  }
  if (failed) status.textContent = "The job failed.";
  else if (finished) status.textContent = "Finished.";
  else if (waiting) status.textContent = "Waiting for a worker…";
  else status.textContent = `${progress.value} of ${of}`;
}
