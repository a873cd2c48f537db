/* A frame, byte by byte, and the answer to a handshake.
 *
 * RFC 6455: sections 5.2 to 5.5 (frames), 7.4 (codes), 8.1 (UTF-8), 4.2.2 (handshake).
 */

import {
  button,
  choice,
  controls,
  element,
  field,
  list,
  plural,
  simplified,
  status,
} from "./parts.js";

const FIXED = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; // section 1.3
const SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="; // section 1.3
const SAMPLE_MASK = "37 fa 21 3d"; // section 5.7
const MOST = 100000; // characters that the lab takes
const SHOWN = 32; // bytes that the lab shows

const OPCODES = {
  0: "continuation",
  1: "text",
  2: "binary",
  8: "close",
  9: "ping",
  10: "pong",
};
const BITS = [
  ["FIN", "RSV1", "RSV2", "RSV3", "opcode 8", "opcode 4", "opcode 2", "opcode 1"],
  ["MASK", ...[64, 32, 16, 8, 4, 2, 1].map((value) => `length ${value}`)],
];
const EXAMPLES = [
  ["Hello", "Hello"],
  ["olá 👋", "olá 👋"],
  ["", "no text at all"],
  ["a".repeat(125), "125 letters"],
  ["a".repeat(126), "126 letters"],
  ["a".repeat(70000), "70,000 letters"],
];

// ---- The rules ---------------------------------------------------------------------

/** Return the bytes of a frame with one whole text; `mask` is four bytes, or nothing. */
export function encode(text, mask) {
  const payload = new TextEncoder().encode(text);
  const flag = mask ? 0x80 : 0;
  const head = [0x81];
  if (payload.length <= 125) head.push(flag | payload.length);
  else if (payload.length <= 0xffff) head.push(flag | 126, ...bigEndian(payload.length, 2));
  else head.push(flag | 127, ...bigEndian(payload.length, 8));
  const frame = new Uint8Array(head.length + (mask ? 4 : 0) + payload.length);
  frame.set(head);
  if (mask) frame.set(mask, head.length);
  frame.set(mask ? masked(payload, mask) : payload, frame.length - payload.length);
  return frame;
}

/** Combine each byte with a byte of the mask by XOR; twice, it's the same again. */
export function masked(payload, mask) {
  return payload.map((byte, index) => byte ^ mask[index % 4]);
}

function bigEndian(number, size) {
  const bytes = [];
  for (let index = size - 1; index >= 0; index -= 1) {
    bytes.push(Math.floor(number / 256 ** index) % 256);
  }
  return bytes;
}

/** Read a frame as `receiver` does, "server" or "page".
 *
 * Returns its parts as far as they are there, and what the receiver does, `result`:
 * "message", "part", "wait", "ping", "pong", "close" or "fail", with `code` and `why`.
 */
export function read(bytes, receiver) {
  const [first, second] = bytes;
  const frame = {
    fin: first >> 7,
    rsv: (first >> 4) & 7,
    opcode: first & 15,
    isMasked: second >> 7,
    short: second & 127,
  };
  frame.size = { 126: 2, 127: 8 }[frame.short] ?? 0; // of the longer length
  const end = 2 + frame.size;
  if (bytes.length < end) return { ...frame, ...waits(end - bytes.length) };
  frame.length = frame.size
    ? bytes.slice(2, end).reduce((sum, byte) => sum * 256 + byte, 0)
    : frame.short;
  frame.header = end + 4 * frame.isMasked;

  const wrong = refused(frame, bytes[2], receiver);
  if (wrong) return { ...frame, result: "fail", code: 1002, why: wrong };
  const missing = frame.header + frame.length - bytes.length;
  if (bytes.length >= frame.header) {
    frame.mask = frame.isMasked ? bytes.slice(end, frame.header) : null;
    const payload = bytes.slice(frame.header, frame.header + frame.length);
    frame.payload = frame.mask ? masked(payload, frame.mask) : payload;
  }
  if (missing > 0) return { ...frame, ...waits(missing) };
  frame.left = -missing;
  return { ...frame, ...meaning(frame) };
}

function waits(missing) {
  return { result: "wait", missing };
}

/** Return why a receiver must fail the connection because of a header, or nothing. */
function refused({ fin, rsv, opcode, isMasked, short, size, length }, top, receiver) {
  if (rsv) return "an RSV bit is set, and no extension was agreed";
  if (!OPCODES[opcode]) return `opcode ${opcode} isn't defined`;
  if (receiver === "server" && !isMasked) return "a page must mask its frames";
  if (receiver === "page" && isMasked) return "a server must not mask its frames";
  if (opcode >= 8 && !fin) return "a control frame must not be fragmented";
  if (opcode >= 8 && short > 125) return "a control frame holds at most 125 bytes";
  if (size === 8 && top >> 7) return "the first bit of a length of eight bytes must be 0";
  const isLonger = (size === 2 && length <= 125) || (size === 8 && length <= 0xffff);
  if (isLonger) return "the length must use as few bytes as possible";
  if (opcode === 0) return "there is no message to continue";
  return null;
}

function meaning({ fin, opcode, payload }) {
  if (opcode === 9) return { result: "ping" };
  if (opcode === 10) return { result: "pong" };
  if (opcode === 8) return closing(payload);
  if (!fin) return { result: "part" };
  if (opcode === 2) return { result: "message" };
  const text = textOf(payload);
  if (text !== null) return { result: "message", text };
  return { result: "fail", code: 1007, why: "the text isn't valid UTF-8" };
}

function closing(payload) {
  if (payload.length === 0) return { result: "close", closeCode: 1005 };
  const fail = { result: "fail", code: 1002 };
  if (payload.length === 1) return { ...fail, why: "a close code has two bytes" };
  const code = payload[0] * 256 + payload[1];
  const isProtocol = code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code);
  if (!isProtocol && (code < 3000 || code > 4999)) {
    return { ...fail, why: `${code} is not a code that a close frame may have` };
  }
  if (textOf(payload.slice(2)) === null) {
    return { ...fail, code: 1007, why: "the reason isn't valid UTF-8" };
  }
  return { result: "close", closeCode: code };
}

function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Return the four bytes of a mask written in hexadecimal, or null. */
export function maskOf(text) {
  const digits = text.replace(/[\s:,]|0x/gi, "");
  if (!/^[\da-f]{8}$/i.test(digits)) return null;
  return Uint8Array.from(digits.match(/../g), (pair) => parseInt(pair, 16));
}

/** Return whether a text is a handshake's key: 16 bytes in Base64. */
export function isKey(text) {
  return /^[A-Za-z\d+/]{21}[AQgw]==$/.test(text.trim());
}

/** Return the value of Sec-WebSocket-Accept for a key (section 4.2.2). */
export function accept(key) {
  const digest = sha1(new TextEncoder().encode(key.trim() + FIXED));
  return btoa(String.fromCharCode(...digest));
}

/** Return the SHA-1 of bytes (FIPS 180-4). A browser's own needs HTTPS or localhost. */
export function sha1(bytes) {
  const length = ((bytes.length + 8) >> 6) * 64 + 64;
  const data = new DataView(new ArrayBuffer(length));
  bytes.forEach((byte, index) => data.setUint8(index, byte));
  data.setUint8(bytes.length, 0x80);
  data.setUint32(length - 4, bytes.length * 8);
  const hash = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  const rotated = (word, by) => (word << by) | (word >>> (32 - by));
  for (let block = 0; block < length; block += 64) {
    const words = [];
    for (let index = 0; index < 80; index += 1) {
      const [three, eight, fourteen, sixteen] = [3, 8, 14, 16].map((by) => words[index - by]);
      words.push(
        index < 16
          ? data.getInt32(block + index * 4)
          : rotated(three ^ eight ^ fourteen ^ sixteen, 1),
      );
    }
    let [a, b, c, d, e] = hash;
    words.forEach((word, index) => {
      const [mixed, constant] = [
        [(b & c) | (~b & d), 0x5a827999],
        [b ^ c ^ d, 0x6ed9eba1],
        [(b & c) | (b & d) | (c & d), 0x8f1bbcdc],
        [b ^ c ^ d, 0xca62c1d6],
      ][Math.floor(index / 20)];
      const next = (rotated(a, 5) + mixed + e + constant + word) | 0;
      [a, b, c, d, e] = [next, a, rotated(b, 30), c, d];
    });
    [a, b, c, d, e].forEach((word, index) => (hash[index] = (hash[index] + word) | 0));
  }
  const digest = new DataView(new ArrayBuffer(20));
  hash.forEach((word, index) => digest.setInt32(index * 4, word));
  return new Uint8Array(digest.buffer);
}

/** Return bytes in hexadecimal, with a space between two. */
export function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

// ---- The lab -----------------------------------------------------------------------

/** Fill the place of the lab. */
export default function start(place) {
  const { box, say } = status();
  let frame; // its bytes, with the bits that were changed
  let sent; // as it was made
  let chosen = 0; // the byte whose bits are shown
  let key = maskOf(SAMPLE_MASK);

  const text = field({
    label: "Text",
    value: "Hello",
    check: (value) =>
      value.length > MOST && `The lab takes up to ${plural(MOST, "character")}.`,
    change: make,
  });
  const example = choice({
    label: "Or an example",
    options: EXAMPLES,
    change: (value) => {
      text.value = value;
      make();
    },
  });
  const sender = choice({
    label: "Who sends it",
    options: [
      ["server", "the server, to a page"],
      ["page", "a page, to the server"],
    ],
    change: make,
  });
  const mask = field({
    label: "Mask of the page",
    value: SAMPLE_MASK,
    check: (value) =>
      maskOf(value) ? "" : "A mask is four bytes in hexadecimal, such as 37 fa 21 3d.",
    change: make,
  });
  const another = button("Another mask", () => {
    mask.value = hex(crypto.getRandomValues(new Uint8Array(4)));
    make();
  });
  const undo = button("Undo all changes", () => {
    frame = sent.slice();
    show();
    say(verdict(read(frame, receiver())));
  });
  const bytes = element("fieldset", { class: "frame-bytes" });
  const more = element("p", { class: "frame-more" });
  const bits = element("div", { class: "frame-bits", role: "group" });
  const reading = element("div");

  place.replaceChildren(
    controls(text.box, example.box, sender.box),
    controls(mask.box, element("div", {}, another)),
    bytes,
    more,
    bits,
    element("div", { class: "frame-undo" }, undo),
    reading,
    box,
    simplified(
      "one frame, no extension, and no message that began before it. The results are " +
        "those of RFC 6455; a program may also drop the connection without a code.",
    ),
    ...handshake(say),
  );
  make();

  function receiver() {
    return sender.value === "page" ? "server" : "page";
  }

  function make() {
    const isPage = sender.value === "page";
    mask.input.disabled = !isPage;
    another.disabled = !isPage;
    key = maskOf(mask.value) ?? key; // while another is being typed
    sent = encode(text.value.slice(0, MOST), isPage ? key : null);
    example.value = text.value;
    frame = sent.slice();
    chosen = 0;
    show();
    say(verdict(read(frame, receiver())));
  }

  function show() {
    const found = read(frame, receiver());
    showBytes(found);
    showBits();
    showReading(found);
  }

  function showBytes(found) {
    const legend = `The frame, in hexadecimal: ${plural(frame.length, "byte")}`;
    const parts = [...frame.slice(0, SHOWN)].map((byte, index) => {
      const [kind, tag] = partOf(found, index);
      const radio = element("input", {
        type: "radio",
        name: "frame-byte",
        value: index,
        checked: index === chosen,
        "aria-label": `Byte ${index + 1}, ${hex([byte])}: ${kind}`,
        onchange: () => {
          chosen = index;
          showBits();
        },
      });
      const label = element("label", { "data-part": kind }, radio);
      if (byte !== sent[index]) label.dataset.changed = "";
      label.append(element("code", {}, hex([byte])), element("small", {}, tag));
      return label;
    });
    bytes.replaceChildren(element("legend", {}, legend), ...parts);
    const hidden = frame.length - SHOWN;
    more.hidden = hidden <= 0;
    more.textContent = hidden > 0 ? `… and ${plural(hidden, "more byte")} of payload.` : "";
  }

  function showBits() {
    const names = BITS[chosen] ?? [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => `bit ${bit}`);
    bits.setAttribute("aria-label", `Bits of byte ${chosen + 1}: change one`);
    const flips = names.map((name, index) => {
      const flag = 0x80 >> index;
      const flip = element(
        "button",
        {
          type: "button",
          class: "lab-button",
          "aria-pressed": String(Boolean(frame[chosen] & flag)),
          "aria-label": name,
          onclick: () => {
            frame[chosen] ^= flag;
            show();
            bits.querySelectorAll("button")[index].focus();
            say(verdict(read(frame, receiver())));
          },
        },
        element("code", {}, frame[chosen] & flag ? "1" : "0"),
      );
      flip.append(element("small", {}, name));
      return flip;
    });
    bits.replaceChildren(
      element("p", {}, `Bits of byte ${chosen + 1}. Press one to change it:`),
      ...flips,
    );
  }

  function showReading(found) {
    const rows = [
      ["FIN", found.fin ? "1: the last frame of its message" : "0: more frames follow"],
      ["opcode", `${found.opcode}: ${OPCODES[found.opcode] ?? "not defined"}`],
      ["MASK", found.isMasked ? "1: a mask follows" : "0: no mask"],
    ];
    if (found.rsv) rows.splice(1, 0, ["RSV", found.rsv.toString(2).padStart(3, "0")]);
    if (found.length !== undefined) {
      const how = found.size ? `, in ${found.size} more bytes (${found.short})` : "";
      rows.push(["length", `${plural(found.length, "byte")}${how}`]);
    }
    if (found.mask) rows.push(["mask", hex(found.mask)]);
    if (found.payload) {
      const tail = found.payload.length > 16 ? " …" : "";
      rows.push([
        found.mask ? "payload, unmasked" : "payload",
        found.payload.length ? hex(found.payload.slice(0, 16)) + tail : "empty",
      ]);
    }
    reading.replaceChildren(list(rows));
  }

  function verdict(found) {
    const who = receiver() === "server" ? "The server" : "The page";
    const size = plural(frame.length, "byte");
    const rest = found.left === 1 ? "byte" : plural(found.left ?? 0, "byte");
    const left = found.left ? ` It reads the last ${rest} as the next frame.` : "";
    switch (found.result) {
      case "fail":
        return `${who} closes the connection, code ${found.code}: ${found.why}.`;
      case "wait":
        return `${who} waits for ${plural(found.missing, "more byte")} of this frame.`;
      case "part":
        return `${who} keeps this part and waits: FIN is 0, so the message isn't complete.${left}`;
      case "ping":
        return `${who} answers with a pong that carries the same payload.${left}`;
      case "pong":
        return `${who} ignores it: a pong that answers no ping.${left}`;
      case "close":
        return `${who} answers with a close frame, and the connection ends. The code is ${found.closeCode}.${left}`;
      default: {
        const what =
          found.text === undefined
            ? `${plural(found.length, "byte")} of binary data`
            : found.text
              ? `the text "${shortened(found.text)}"`
              : "an empty text";
        const head = `${size} on the wire, ${found.header} of them header`;
        return `${who} receives ${what}: ${head}.${left}`;
      }
    }
  }
}

/** Return what a byte is to the receiver, and the short words below it. */
function partOf(found, index) {
  const { size, header, payload, length } = found;
  if (index === 0) return ["FIN and opcode", "kind"];
  if (index === 1) return ["MASK and length", "length"];
  if (index < 2 + size) return ["length", "length"];
  if (header === undefined || index < header) return ["mask", "mask"];
  if (index >= header + length) return ["the next frame", "next"];
  const byte = payload?.[index - header];
  const isLetter = byte > 0x20 && byte < 0x7f;
  return ["payload", isLetter ? String.fromCharCode(byte) : "·"];
}

function shortened(text) {
  const letters = [...text];
  return letters.length > 24 ? `${letters.slice(0, 24).join("")}…` : text;
}

function handshake(say) {
  const steps = element("div");
  const key = field({
    label: "Sec-WebSocket-Key",
    value: SAMPLE_KEY,
    check: (value) =>
      isKey(value) ? "" : "A key is 16 bytes in Base64: 22 characters, then ==.",
    change: answer,
  });
  const another = button("Another key", () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    key.value = btoa(String.fromCharCode(...bytes));
    answer();
  });
  show();
  return [
    element("p", { class: "lab-part" }, "The answer to a handshake"),
    controls(key.box, element("div", {}, another)),
    steps,
  ];

  function answer() {
    show();
    say(`The server must answer with Sec-WebSocket-Accept: ${accept(key.value)}`);
  }

  function show() {
    const joined = key.value.trim() + FIXED;
    const digest = sha1(new TextEncoder().encode(joined));
    const code = (words) => element("code", {}, words);
    steps.replaceChildren(
      list([
        ["key and fixed text", code(joined)],
        ["SHA-1", code(hex(digest))],
        ["Sec-WebSocket-Accept, the same in Base64", code(accept(key.value))],
      ]),
    );
  }
}
