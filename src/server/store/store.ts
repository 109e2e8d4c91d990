import type { ChangeListener, Store, Transaction } from './contract.ts';
import type { Engine } from './engine.ts';
import type { Peers } from './peers.ts';
import { type Touched, transactionOn } from './transaction.ts';

/** The contract upon an engine. */
export class EngineStore implements Store {
  readonly #engine: Engine;
  readonly #listeners = new Set<ChangeListener>();

  constructor(engine: Engine) {
    this.#engine = engine;
    engine.listen((network) => this.#wake([network], false));
  }

  read<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#inOurWords(
      this.#engine.read((db) => work(transactionOn(db, new Set(), this.#engine.dialect))),
    );
  }

  async write<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const touched: Touched = new Set();
    const result = await this.#inOurWords(
      this.#engine.write(async (db) => {
        const answer = await work(transactionOn(db, touched, this.#engine.dialect));
        await this.#engine.announce(db, touched);
        return answer;
      }),
    );
    this.#wake(touched, true);
    return result;
  }

  async #inOurWords<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.#engine.failure(error) ?? error;
    }
  }

  #wake(networks: Iterable<string | undefined>, isOurs: boolean): void {
    for (const network of networks) {
      for (const listener of this.#listeners) listener(network, isOurs);
    }
  }

  get peers(): Peers {
    return this.#engine.peers;
  }

  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): Promise<void> {
    this.#listeners.clear();
    return this.#engine.close();
  }
}
