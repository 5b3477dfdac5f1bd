import { hashString } from '../core/hash.ts';
import type { KeyTable } from '../core/key-table.ts';
import { roomFor } from '../core/slab.ts';

/** What is known of names in paths: learned templates (models/templates) and documents, put together by who makes the stage. */
export interface PathNames {
  /** the interface under which an id is counted: the id itself where nothing is known of it */
  of(id: string): string;
  /** text of the names in an id that `of` folds; '' where it folds none */
  valuesOf(id: string): string;
}

/** Not looked up yet. */
const UNKNOWN = -1;

/**
 * Under which interface each interface of a task is counted when panes close. Events know nothing of it: they are kept by
 * their own ids, and what holds is the version of the hour that closes.
 */
export class InterfaceAliases {
  private readonly interfaces: KeyTable;
  private readonly prepare: (iface: number) => void;
  private names: PathNames | undefined;
  private alias = new Int32Array(0);
  private object = new Uint32Array(0);
  /** others are counted under it */
  private takes = new Uint8Array(0);

  /** @param prepare makes room for the state of an interface that was just interned */
  constructor(interfaces: KeyTable, prepare: (iface: number) => void) {
    this.interfaces = interfaces;
    this.prepare = prepare;
  }

  /** True while no interface has another one that it is counted under. */
  get none(): boolean {
    return this.names === undefined;
  }

  /** What holds from now on; undefined: nothing is folded. */
  take(names: PathNames | undefined): void {
    this.names = names;
    this.forget();
  }

  /** Ids of interfaces may have changed hands. */
  forget(): void {
    this.alias.fill(UNKNOWN);
    this.takes.fill(0);
  }

  /** The interface under which this one is counted; mostly itself. */
  of(iface: number): number {
    if (this.names === undefined) return iface;
    const known = iface < this.alias.length ? this.alias[iface] : UNKNOWN;
    return known === UNKNOWN ? this.lookUp(this.names, iface) : known;
  }

  /** Whether others may be counted under this interface. */
  isAlias(iface: number): boolean {
    return iface < this.object.length && this.takes[iface] === 1;
  }

  /** Hash of the names that are folded in an interface: the object that is asked for by them; 0: none. Ask `of` first. */
  objectOf(iface: number): number {
    return this.names === undefined ? 0 : this.object[iface];
  }

  private lookUp(names: PathNames, iface: number): number {
    const text = this.interfaces.text(iface);
    const folded = names.of(text);
    let alias = iface;
    let object = 0;
    if (folded !== text) {
      alias = this.interfaces.internText(folded);
      this.prepare(alias);
      const values = names.valuesOf(text);
      if (values !== '') object = hashString(values) || 1;
    }
    const before = this.alias.length;
    this.alias = roomFor(this.alias, Math.max(alias, iface) + 1);
    this.object = roomFor(this.object, this.alias.length);
    this.takes = roomFor(this.takes, this.alias.length);
    if (this.alias.length > before) this.alias.fill(UNKNOWN, before);
    this.alias[iface] = alias;
    this.object[iface] = object;
    if (alias !== iface) this.takes[alias] = 1;
    return alias;
  }
}
