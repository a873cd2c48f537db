// Sets this page's clock to that of the class's machine, as NTP does (RFC 5905, section 8):
// when the request left, arrived, was answered, and when the answer arrived.

{
  const { received, sent } = document.currentScript.dataset;
  const [request] = performance.getEntriesByType("navigation");
  const loadedAt = Date.now() - performance.now();
  const left = loadedAt + request.requestStart;
  const arrived = loadedAt + request.responseStart;
  // Right to within half of the time on the way, which is all that can be known.
  const offset = (received - left + (sent - arrived)) / 2;
  if (Number.isFinite(offset)) {
    const ownClock = Date.now;
    Date.now = () => Math.round(ownClock() + offset);
    document.documentElement.dataset.clockOffset = Math.round(offset);
  }
}
