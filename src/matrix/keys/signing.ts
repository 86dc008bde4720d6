/**
 * Cross-signing: a user's master key signs two other keys, with which the user signs their devices and other users (MXR-140,
 * MXR-141). Signatures are checked, so that clients are not given any that could only confuse them.
 */
import type { Jid } from '../../xmpp/jid.ts'
import { badJson, invalidParam, MatrixError, missingParam } from '../http/errors.ts'
import { isSignedBy, signedText, type JsonObject } from './canonical.ts'
import type { KeyChanges } from './changes.ts'
import { contentOf, publicKeyIn, signaturesBy, type CrossKeyUpload } from './shapes.ts'
import type { CrossKey, KeySignature, SigningStore, Usage } from './signing-store.ts'
import type { KeyStore } from './store.ts'

export interface SigningParts {
  readonly store: KeyStore
  readonly signing: SigningStore
  readonly changes: KeyChanges
  /** Null: no account of ours. @param id as a client writes it */
  readonly userOf: (id: string) => Jid | null
  readonly idOf: (user: Jid) => string
}
export type CrossKeyUploads = readonly (readonly [usage: Usage, upload: CrossKeyUpload])[]
/** By user, and by device or public key. */
export type SignedObjects = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>
interface Failure {
  readonly user: string
  readonly target: string
  readonly error: MatrixError
}

const invalidSignature = (sentence: string): MatrixError => new MatrixError(400, 'M_INVALID_SIGNATURE', sentence)

export class Signing {
  readonly #parts: SigningParts

  constructor(parts: SigningParts) {
    this.#parts = parts
  }
  /**
   * All or none of the keys.
   * @param prove asks for the password, before a key takes the place of another one @throws MatrixError
   */
  async upload(user: Jid, uploads: CrossKeyUploads, prove: () => Promise<void>): Promise<void> {
    const { signing, changes } = this.#parts
    const known = await signing.keysOf(user.bare)
    const keys = uploads.map(([usage, upload]) => this.#read(user, usage, upload))
    const master = keys.find(({ usage }) => usage === 'master')?.key ?? known.get('master')?.key
    if (master === undefined) throw missingParam('There is no master key')
    for (const { usage, content } of keys)
      if (usage !== 'master') checkSigned(JSON.parse(content), master, this.#parts.idOf(user))
    if (keys.every(({ usage, key }) => known.get(usage)?.key === key)) return
    if (known.has('master')) await prove()
    const isNewMaster = known.get('master')?.key !== master
    await changes.write(user.bare, (stream) => signing.putKeys(user.bare, keys, isNewMaster, stream))
  }
  #read(user: Jid, usage: Usage, upload: CrossKeyUpload): CrossKey {
    if (upload.user_id !== this.#parts.idOf(user)) throw invalidParam('The key names another user')
    if (!upload.usage.includes(usage)) throw badJson(`The key is not for ${usage}`)
    return { usage, key: publicKeyIn(upload), content: contentOf(upload) }
  }

  /** @returns what was not stored, and why */
  async sign(user: Jid, objects: SignedObjects): Promise<object> {
    const failures: Failure[] = []
    const good: KeySignature[] = []
    for (const [id, targets] of Object.entries(objects))
      for (const [target, object] of Object.entries(targets))
        try {
          good.push(...(await this.#checked(user, id, target, object)))
        } catch (error) {
          if (!(error instanceof MatrixError)) throw error
          failures.push({ user: id, target, error })
        }
    const { signing, changes } = this.#parts
    if (good.length > 0) await changes.write(user.bare, (stream) => signing.sign(good, stream))
    return answered(failures)
  }
  /** @throws MatrixError */
  async #checked(user: Jid, id: string, target: string, object: JsonObject): Promise<readonly KeySignature[]> {
    const owner = this.#parts.userOf(id)
    const key = owner === null ? null : await this.#signable(user, owner, target)
    if (owner === null || key === null) throw new MatrixError(404, 'M_NOT_FOUND', 'There is no such key')
    if (signedText(object) !== signedText(key.object)) throw invalidSignature('What was signed is not what was uploaded')
    const signatures = Object.entries(signaturesBy(object, this.#parts.idOf(user))).filter(([by]) => key.signers.has(by))
    if (signatures.length === 0) throw invalidSignature('It is not signed with a key of the user')
    return signatures.map(([by, signature]) => {
      if (!isSignedBy(object, key.signers.get(by)!, signature)) throw invalidSignature('The signature is wrong')
      return { owner: owner.bare, target, signer: user.bare, key: by, signature }
    })
  }
  /** What was uploaded under that name, and the keys of the user with which it may be signed; null: there is nothing. */
  async #signable(user: Jid, owner: Jid, target: string) {
    const { store, signing } = this.#parts
    const mine = await signing.keysOf(user.bare)
    const signers = (usage: Usage) => new Map([...mine.values()].filter((one) => one.usage === usage).map(named))
    if (owner.bare === user.bare) {
      const device = await store.device({ owner: owner.bare, device: target })
      if (device !== null) return { object: JSON.parse(device) as JsonObject, signers: signers('self_signing') }
    }
    const master = owner.bare === user.bare ? mine.get('master') : (await signing.keysOf(owner.bare)).get('master')
    if (master?.key !== target) return null
    const object = JSON.parse(master.content) as JsonObject
    return { object, signers: owner.bare === user.bare ? await this.#deviceSigners(user) : signers('user_signing') }
  }
  async #deviceSigners({ bare }: Jid): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#parts.store.devicesOf(bare)
    return new Map(
      rows.flatMap(({ device, content }) => {
        const key = (JSON.parse(content) as { readonly keys: Readonly<Record<string, string>> }).keys[`ed25519:${device}`]
        return key === undefined ? [] : [[`ed25519:${device}`, key] as const]
      }),
    )
  }
}

function answered(failures: readonly Failure[]): object {
  const byUser = Map.groupBy(failures, ({ user }) => user)
  const told = (some: readonly Failure[]): object =>
    Object.fromEntries(some.map(({ target, error }) => [target, { errcode: error.code, error: error.message }]))
  return Object.fromEntries([...byUser].map(([user, some]) => [user, told(some)]))
}
const named = ({ key }: CrossKey): readonly [string, string] => [`ed25519:${key}`, key]
/** @throws MatrixError M_INVALID_SIGNATURE */
function checkSigned(object: JsonObject, key: string, userId: string): void {
  const signature = signaturesBy(object, userId)[`ed25519:${key}`]
  if (signature === undefined || !isSignedBy(object, key, signature))
    throw invalidSignature('The key is not signed with the master key')
}
