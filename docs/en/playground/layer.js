/* The channel layer that this page keeps for its servers: python/layer.py asks it.
 *
 * At most once, like Redis in channels_redis: each server has one queue, with room for a
 * hundred messages. What comes when it's full is dropped.
 */

export const CAPACITY = 100;

export class PageLayer {
  #groups = new Map(); // name → Set of channels
  #queues = new Map(); // name, up to and with "!" → { owner, waiting, fetchers }
  #made = 0;
  #onChange;
  sent = 0;
  dropped = 0;

  /** `onChange(state)` is called after each operation, with what `state()` returns. */
  constructor(onChange = () => {}) {
    this.#onChange = onChange;
  }

  /** What a page can show: every queue's length, every group's size, and the counts. */
  state() {
    return {
      groups: [...this.#groups].map(([name, channels]) => ({ name, size: channels.size })),
      queues: [...this.#queues].map(([name, { owner, waiting }]) => ({
        name,
        server: owner,
        waiting: waiting.length,
      })),
      sent: this.sent,
      dropped: this.dropped,
    };
  }

  /** Answer a server's question; `reply(text)` gets JSON, perhaps much later. */
  ask(owner, { operation, text }, reply) {
    const answer = (value) => reply(JSON.stringify(value ?? null));
    this[`_${operation}`]({ ...JSON.parse(text), owner }, answer);
    this.#onChange(this.state());
  }

  /** Forget a server that has ended: its queue, and its channels in all groups. */
  forget(owner) {
    for (const [name, queue] of this.#queues) {
      if (queue.owner !== owner) continue;
      this.#queues.delete(name);
      for (const channels of this.#groups.values()) {
        for (const channel of channels) if (channel.startsWith(name)) channels.delete(channel);
      }
    }
    this.#onChange(this.state());
  }

  _new_queue({ owner, prefix }, answer) {
    this.#made += 1;
    const name = `${prefix}.server-${owner}-${this.#made}!`;
    this.#queue(name, owner);
    answer(name);
  }

  _new_channel({ queue }, answer) {
    this.#made += 1;
    answer(`${queue}${this.#made}`);
  }

  _send({ channel, message, capacity, owner }, answer) {
    answer(this.#put(channel, message, capacity, owner));
  }

  _group_send({ group, message, capacity, owner }, answer) {
    for (const channel of this.#groups.get(group) ?? []) this.#put(channel, message, capacity, owner);
    answer();
  }

  _group_add({ group, channel }, answer) {
    if (!this.#groups.has(group)) this.#groups.set(group, new Set());
    this.#groups.get(group).add(channel);
    answer();
  }

  _group_discard({ group, channel }, answer) {
    const channels = this.#groups.get(group);
    channels?.delete(channel);
    if (channels?.size === 0) this.#groups.delete(group);
    answer();
  }

  _receive({ queue: name, owner }, answer) {
    const queue = this.#queue(name, owner);
    const next = queue.waiting.shift();
    if (next) answer(next);
    else queue.fetchers.push(answer);
  }

  _flush(_, answer) {
    this.#groups.clear();
    for (const queue of this.#queues.values()) queue.waiting.length = 0;
    answer();
  }

  #queue(name, owner) {
    if (!this.#queues.has(name)) this.#queues.set(name, { owner, waiting: [], fetchers: [] });
    return this.#queues.get(name);
  }

  /** Put a message into the queue of a channel; return whether there was room. */
  #put(channel, message, capacity, owner) {
    const name = channel.slice(0, channel.indexOf("!") + 1) || channel;
    const queue = this.#queue(name, owner);
    this.sent += 1;
    const fetcher = queue.fetchers.shift();
    if (fetcher) {
      fetcher([channel, message]);
    } else if (queue.waiting.length >= capacity) {
      this.dropped += 1;
      return false;
    } else {
      queue.waiting.push([channel, message]);
    }
    return true;
  }
}
