import { ByteInterner, widen } from '../pools/interner.ts';
import type { Workspace } from '../records/workspace.ts';
import { DeviceReader } from './device.ts';

/** Longest part of an agent that tells devices apart, bytes. */
const MAX_AGENT = 512;
const MAX_AGENTS = 1 << 13;
const decoder = new TextDecoder();

/** User agents and the device traits of each, worked out once an agent. */
export class AgentBook {
  private readonly agents: ByteInterner;
  private readonly reader = new DeviceReader();
  private traits = new Uint32Array(1024);
  /** results of `find`, as DeviceTraits explains them */
  device = 0;
  robot = false;
  browser = false;
  crawler = 0;

  constructor(seed: number) {
    this.agents = new ByteInterner(MAX_AGENTS, seed, MAX_AGENTS * 256);
  }

  makeRoom(): void {
    if (this.agents.full) this.agents.reset();
  }

  /** Traits of the agent in a span, into `device`, `robot`, `browser` and `crawler`. */
  find(workspace: Workspace, start: number, end: number): void {
    if (end - start > MAX_AGENT) end = start + MAX_AGENT;
    const id = this.agents.intern(workspace.view, start, end);
    if (this.agents.lastIsNew) {
      if (2 * id >= this.traits.length) this.traits = widen(this.traits);
      const { hash, robot, browser, crawler } = this.reader.read(decoder.decode(workspace.bytes.subarray(start, end)));
      this.traits[2 * id] = hash;
      this.traits[2 * id + 1] = (crawler << 2) | (browser ? 2 : 0) | (robot ? 1 : 0);
    }
    this.device = this.traits[2 * id];
    const more = this.traits[2 * id + 1];
    this.robot = (more & 1) !== 0;
    this.browser = (more & 2) !== 0;
    this.crawler = more >>> 2;
  }
}
