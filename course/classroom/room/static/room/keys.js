// The keys that lead through a screen. A clicker sends PageDown and PageUp.
export const SHOW_KEYS = {
  " ": "next",
  ArrowRight: "next",
  PageDown: "next",
  ArrowLeft: "back",
  PageUp: "back",
  r: "run",
  R: "run",
};
