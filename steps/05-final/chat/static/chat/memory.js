// What this tab remembers over a reload or a login.
//
// A browser that blocks cookies refuses sessionStorage, too, and may have no space left.
// The page then works as before, and forgets.

export function remember(key, text) {
  try {
    sessionStorage.setItem(key, text);
  } catch {}
}

/** Return what was remembered, or null. */
export function remembered(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}
