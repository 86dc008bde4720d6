/** What is stored of cross-signing: three keys of each user, and who has signed which key after it was uploaded. */
import type { Kysely } from 'kysely'
import type { Database, Statement } from '../../server/database.ts'
import { prepare } from '../../storage/prepare.ts'
import type { KeyStore } from './store.ts'
import type { CrossKeyRow, KeySignatureRow, KeyTables } from './tables.ts'

export const USAGES = ['master', 'self_signing', 'user_signing'] as const
export type Usage = (typeof USAGES)[number]
/** A key of cross-signing. */
export interface CrossKey {
  readonly usage: Usage
  /** The public key, in base 64. */
  readonly key: string
  /** JSON. */
  readonly content: string
}
export type KeySignature = Omit<KeySignatureRow, 'stream'>

export class SigningStore {
  readonly #database: Database
  readonly #keys: KeyStore
  readonly #queries: ReturnType<typeof queriesOf>

  constructor(database: Database, keys: KeyStore) {
    this.#database = database
    this.#keys = keys
    this.#queries = queriesOf(database.schema<KeyTables>())
  }
  async keysOf(owner: string): Promise<ReadonlyMap<Usage, CrossKey>> {
    const rows = await this.#database.read(this.#queries.keysOf({ owner }))
    return new Map(rows.map(({ usage, key, content }) => [usage as Usage, { usage: usage as Usage, key, content }]))
  }
  /** Replaces those keys. With another master key, the others, and what the user has signed before, are void. */
  async putKeys(owner: string, keys: readonly CrossKey[], isNewMaster: boolean, stream: number): Promise<void> {
    const { dropBy, dropOnKeys, drop, put } = this.#queries
    const dropped: readonly Statement[] = isNewMaster ? [dropBy({ signer: owner }), dropOnKeys({ owner }), drop({ owner })] : []
    await this.#database.atomically([
      ...dropped,
      ...keys.map(({ usage, key, content }) => put({ owner, usage, key, content })),
      this.#keys.changed(owner, stream),
    ])
  }
  /** The signatures on keys of that account that the viewer may see: the account's own, and the viewer's. */
  signaturesOn(owner: string, viewer: string): Promise<readonly KeySignature[]> {
    return this.#database.read(this.#queries.signaturesOn({ owner, viewer }))
  }
  async sign(signatures: readonly KeySignature[], stream: number): Promise<void> {
    const own = new Set(signatures.filter(({ owner, signer }) => owner === signer).map(({ owner }) => owner))
    await this.#database.atomically([
      ...signatures.map((signature) => this.#queries.sign({ ...signature, stream })),
      ...[...own].map((owner) => this.#keys.changed(owner, stream)),
    ])
  }
  /** Whose keys that user has signed behind `after` and up to `upTo`. */
  async signedIn(signer: string, after: number, upTo: number): Promise<readonly string[]> {
    return (await this.#database.read(this.#queries.signedIn({ signer, after, upTo }))).map(({ owner }) => owner)
  }
}

function queriesOf(db: Kysely<KeyTables>) {
  const [keys, signatures] = ['matrix_cross_key', 'matrix_key_signature'] as const
  return {
    keysOf: prepare((p: { owner: string }) =>
      db.selectFrom(keys).select(['usage', 'key', 'content']).where('owner', '=', p.owner),
    ),
    drop: prepare((p: { owner: string }) => db.deleteFrom(keys).where('owner', '=', p.owner)),
    put: prepare((p: CrossKeyRow) =>
      db
        .insertInto(keys)
        .values({ owner: p.owner, usage: p.usage, key: p.key, content: p.content })
        .onConflict((c) =>
          c
            .columns(['owner', 'usage'])
            .doUpdateSet((eb) => ({ key: eb.ref('excluded.key'), content: eb.ref('excluded.content') })),
        ),
    ),
    dropBy: prepare((p: { signer: string }) => db.deleteFrom(signatures).where('signer', '=', p.signer)),
    dropOnKeys: prepare((p: { owner: string }) =>
      db
        .deleteFrom(signatures)
        .where('owner', '=', p.owner)
        .where('target', 'in', (eb) => eb.selectFrom(keys).select('key').where('owner', '=', p.owner)),
    ),
    signaturesOn: prepare((p: { owner: string; viewer: string }) =>
      db
        .selectFrom(signatures)
        .select(['owner', 'target', 'signer', 'key', 'signature'])
        .where('owner', '=', p.owner)
        .where((eb) => eb.or([eb('signer', '=', p.owner), eb('signer', '=', p.viewer)])),
    ),
    sign: prepare((p: KeySignatureRow) =>
      db
        .insertInto(signatures)
        .values({ owner: p.owner, target: p.target, signer: p.signer, key: p.key, signature: p.signature, stream: p.stream })
        .onConflict((c) =>
          c.columns(['owner', 'target', 'signer', 'key']).doUpdateSet((eb) => ({
            signature: eb.ref('excluded.signature'),
            stream: eb.ref('excluded.stream'),
          })),
        ),
    ),
    signedIn: prepare((p: { signer: string; after: number; upTo: number }) =>
      db
        .selectFrom(signatures)
        .select('owner')
        .distinct()
        .where('signer', '=', p.signer)
        .where('stream', '>', p.after)
        .where('stream', '<=', p.upTo),
    ),
  }
}
