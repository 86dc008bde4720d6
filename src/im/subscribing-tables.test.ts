/** RFC 6121 section 3 and Appendix A: every stanza in every state, both ways, with all that it brings about and in which order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultLimits, type Account } from './account.ts'
import { accountOf, allAvailable, perform, presence } from '../../test/support/im-recorder.ts'
import { inbound, outbound } from './subscribing.ts'
import { STATES, type SubscriptionState, type SubscriptionType } from './subscription.ts'

const ALICE = 'alice@a.example'
const BOB = 'bob@b.example'

const send = (account: Account, type: SubscriptionType): string[] =>
  perform(account, outbound(account, presence({ type, from: `${ALICE}/1`, to: BOB }), defaultLimits))
const arrive = (account: Account, type: SubscriptionType): string[] =>
  perform(account, inbound(account, presence({ type, from: BOB, to: ALICE }), 0, defaultLimits))

/** The effects in their order. */
function effects(type: SubscriptionType, ...names: readonly string[]): readonly RegExp[] {
  return names.flatMap((name): readonly RegExp[] => {
    switch (name) {
      case 'route':
        return [new RegExp(`^${type} ${ALICE} > ${BOB}$`)]
      case 'push':
        return [new RegExp(`^push ${BOB} .* v2$`)]
      case 'presence':
        return ['1', '2'].map((r) => new RegExp(`^available ${ALICE}/${r} > ${BOB}$`))
      case 'unavailable':
        return ['1', '2'].map((r) => new RegExp(`^unavailable ${ALICE}/${r} > ${BOB}$`))
      case 'available':
      case 'interested':
        return [new RegExp(`^${type} ${BOB} >> ${name}$`)]
      default: // an automatic answer
        return [new RegExp(`^${name} ${ALICE} > ${BOB}$`)]
    }
  })
}
type Cases = Readonly<Record<SubscriptionState, readonly [next: SubscriptionState, ...effects: readonly string[]]>>

// prettier-ignore
const OUTBOUND: Readonly<Record<SubscriptionType, Cases>> = {
  subscribe: {
    'None':                  ['None + Pending Out', 'route', 'push'],
    'None + Pending Out':    ['None + Pending Out', 'route'],
    'None + Pending In':     ['None + Pending Out+In', 'route', 'push'],
    'None + Pending Out+In': ['None + Pending Out+In', 'route'],
    'To':                    ['To', 'route'],
    'To + Pending In':       ['To + Pending In', 'route'],
    'From':                  ['From + Pending Out', 'route', 'push'],
    'From + Pending Out':    ['From + Pending Out', 'route'],
    'Both':                  ['Both', 'route'],
  },
  unsubscribe: {
    'None':                  ['None', 'route'],
    'None + Pending Out':    ['None', 'route', 'push'],
    'None + Pending In':     ['None + Pending In', 'route'],
    'None + Pending Out+In': ['None + Pending In', 'route', 'push'],
    'To':                    ['None', 'route', 'push'],
    'To + Pending In':       ['None + Pending In', 'route', 'push'],
    'From':                  ['From', 'route'],
    'From + Pending Out':    ['From', 'route', 'push'],
    'Both':                  ['From', 'route', 'push'],
  },
  subscribed: { // a push alone: the pre-approval of section 3.4
    'None':                  ['None', 'push'],
    'None + Pending Out':    ['None + Pending Out', 'push'],
    'None + Pending In':     ['From', 'route', 'push', 'presence'],
    'None + Pending Out+In': ['From + Pending Out', 'route', 'push', 'presence'],
    'To':                    ['To', 'push'],
    'To + Pending In':       ['Both', 'route', 'push', 'presence'],
    'From':                  ['From'],
    'From + Pending Out':    ['From + Pending Out'],
    'Both':                  ['Both'],
  },
  unsubscribed: {
    'None':                  ['None'],
    'None + Pending Out':    ['None + Pending Out'],
    'None + Pending In':     ['None', 'route'],
    'None + Pending Out+In': ['None + Pending Out', 'route'],
    'To':                    ['To'],
    'To + Pending In':       ['To', 'route'],
    'From':                  ['None', 'unavailable', 'route', 'push'],
    'From + Pending Out':    ['None + Pending Out', 'unavailable', 'route', 'push'],
    'Both':                  ['To', 'unavailable', 'route', 'push'],
  },
}

// prettier-ignore
const INBOUND: Readonly<Record<SubscriptionType, Cases>> = {
  subscribe: {
    'None':                  ['None + Pending In', 'available'],
    'None + Pending Out':    ['None + Pending Out+In', 'available'],
    'None + Pending In':     ['None + Pending In'],
    'None + Pending Out+In': ['None + Pending Out+In'],
    'To':                    ['To + Pending In', 'available'],
    'To + Pending In':       ['To + Pending In'],
    'From':                  ['From', 'subscribed', 'presence'],
    'From + Pending Out':    ['From + Pending Out', 'subscribed', 'presence'],
    'Both':                  ['Both', 'subscribed', 'presence'],
  },
  unsubscribe: {
    'None':                  ['None'],
    'None + Pending Out':    ['None + Pending Out'],
    'None + Pending In':     ['None', 'interested'], // of a stranger (DEVIATES(7))
    'None + Pending Out+In': ['None + Pending Out', 'interested', 'unsubscribed'],
    'To':                    ['To'],
    'To + Pending In':       ['To', 'interested', 'unsubscribed'],
    'From':                  ['None', 'interested', 'push', 'unavailable', 'unsubscribed'],
    'From + Pending Out':    ['None + Pending Out', 'interested', 'push', 'unavailable', 'unsubscribed'],
    'Both':                  ['To', 'interested', 'push', 'unavailable', 'unsubscribed'],
  },
  subscribed: {
    'None':                  ['None'],
    'None + Pending Out':    ['To', 'interested', 'push'],
    'None + Pending In':     ['None + Pending In'],
    'None + Pending Out+In': ['To + Pending In', 'interested', 'push'],
    'To':                    ['To'],
    'To + Pending In':       ['To + Pending In'],
    'From':                  ['From'],
    'From + Pending Out':    ['Both', 'interested', 'push'],
    'Both':                  ['Both'],
  },
  unsubscribed: {
    'None':                  ['None'],
    'None + Pending Out':    ['None', 'interested', 'push'],
    'None + Pending In':     ['None + Pending In'],
    'None + Pending Out+In': ['None + Pending In', 'interested', 'push'],
    'To':                    ['None', 'interested', 'push'],
    'To + Pending In':       ['None + Pending In', 'interested', 'push'],
    'From':                  ['From'],
    'From + Pending Out':    ['From', 'interested', 'push'],
    'Both':                  ['From', 'interested', 'push'],
  },
}

const TYPES = ['subscribe', 'unsubscribe', 'subscribed', 'unsubscribed'] as const
for (const type of TYPES) {
  for (const state of STATES) {
    for (const [direction, cases, act] of [
      ['outbound', OUTBOUND, send],
      ['inbound', INBOUND, arrive],
    ] as const) {
      const [next, ...expected] = cases[type][state]
      test(`${direction} ${type} in "${state}": ${[next, ...expected].join(', ')}`, () => {
        const account = allAvailable(accountOf(ALICE, { [BOB]: state }, ['1', '2']))
        const lines = act(account, type)
        const patterns = effects(type, ...expected)
        assert.equal(lines.length, patterns.length, lines.join('; '))
        patterns.forEach((pattern, i) => assert.match(lines[i]!, pattern))
        assert.equal(account.roster.stateOf(BOB), next)
        assert.equal(
          account.roster.version,
          expected.includes('push') ? 2 : 1,
          'RVER-4: the version grows with a push and only then',
        )
      })
    }
  }
}
