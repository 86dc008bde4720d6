/**
 * The Matrix API for clients: people use the accounts of this server with Matrix clients. It is no extension of XMPP; what it needs
 * of those it asks them for. A server without Matrix clients loads no more than this file.
 */
import { defineFeature, type Host } from '../server/feature.ts'
import type { Matrix } from './matrix.ts'
import { matrixSettings } from './settings.ts'

export type { Matrix } from './matrix.ts'

const served = new WeakMap<Host, Matrix>()
/** Null: this server has no Matrix clients. */
export const matrixOf = (host: Host): Matrix | null => served.get(host) ?? null

export const matrix = defineFeature({
  name: 'matrix',
  specs: [
    {
      id: 'Matrix',
      title: 'Client-Server API',
      version: '1.2',
      status: 'partial',
      note: 'off unless the operator wants it; see its page for what is missing',
    },
  ],
  needs: ['blocking', 'personal-eventing', 'client-state-indication', 'registration', 'invitations', 'http-upload'],
  settings: matrixSettings,
  async install(host, settings) {
    if (!settings.enabled) return
    const { serve } = await import('./serving.ts')
    served.set(host, await serve(host, settings))
  },
})
