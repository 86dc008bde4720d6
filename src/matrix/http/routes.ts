/** The paths of the Matrix API: how a part declares them, and which one a request means. Every method of a path has one owner. */
import { addRoute, createRouter, findRoute, type RouterContext } from 'rou3'
import type * as v from 'valibot'
import type { Call, DeviceCall, MaybeCall } from './call.ts'
import { invalidParam, unrecognized, wrongMethod } from './errors.ts'
import type { PaceName } from './paces.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
/** 'device': only with the token of a device. 'either': with one, or with none. */
export type Access = 'anyone' | 'either' | 'device'
/** The parameters of a path such as `/rooms/:room/send/:type/:transaction`. */
type NamesIn<P extends string> = P extends `${string}:${infer N}/${infer Rest}`
  ? N | NamesIn<`/${Rest}`>
  : P extends `${string}:${infer N}`
    ? N
    : never
export type Params<P extends string> = Readonly<Record<NamesIn<P>, string>>

/** What a route gives to its handler. */
type CallFor<P extends string, B, A extends Access> = (A extends 'anyone'
  ? Call
  : A extends 'either'
    ? MaybeCall
    : DeviceCall) & {
  readonly params: Params<P>
  readonly body: B
}
type Handle<C> = (call: C) => object | Promise<object>

interface RouteOf<P extends string, S extends v.GenericSchema, A extends Access> {
  readonly method: Method
  /** Where the versions are; '/_matrix/client' unless the route says otherwise. */
  readonly root?: string
  /** Below each of `versions`. */
  readonly path: P
  /** 'v3' and 'r0' unless the route says otherwise. '': none. */
  readonly versions?: readonly string[]
  /** 'device' unless the route says otherwise. */
  readonly access?: A
  /** What is counted, unless every request counts alike. */
  readonly pace?: PaceName
  /** Of the body. Without one a body is ignored. */
  readonly body?: S
  /** The body is no JSON: the handler reads it. */
  readonly isRaw?: boolean
  /** Whether numbers of the body may have fractions: for what only clients read. */
  readonly fractions?: boolean
  /** The answer, as JSON with status 200. */
  readonly handle: Handle<CallFor<P, v.InferOutput<S>, A>>
}

/** A route of any kind. */
export interface Route {
  readonly method: Method
  /** Whole paths. */
  readonly paths: readonly string[]
  readonly access: Access
  readonly pace: PaceName
  /** Null: the body is not looked at. */
  readonly body: v.GenericSchema | null
  readonly fractions: boolean
  /** The handler reads the body. */
  readonly isRaw: boolean
  readonly handle: Handle<DeviceCall>
}

const CLIENT = '/_matrix/client'
const VERSIONS = ['v3', 'r0']

/** Declares a route, and gives its handler the types of its path and its body. */
export function route<
  const P extends string,
  S extends v.GenericSchema = v.GenericSchema<unknown, object>,
  A extends Access = 'device',
>(given: RouteOf<P, S, A>): Route {
  const { method, root = CLIENT, path, versions = VERSIONS, access = 'device', pace = 'request' } = given
  const { body = null, fractions = false, isRaw = false } = given
  const paths = versions.map((version) => (version === '' ? `${root}${path}` : `${root}/${version}${path}`))
  return { method, paths, access, pace, body, fractions, isRaw, handle: given.handle as unknown as Handle<DeviceCall> }
}

type Methods = Map<string, Route>

export interface FoundRoute {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

export class RouteTable {
  readonly #router: RouterContext<Methods> = createRouter<Methods>()
  readonly #byPath = new Map<string, Methods>()

  constructor(routes: readonly Route[]) {
    for (const one of routes) for (const path of one.paths) this.#add(path, one)
  }
  /** @param path as requested @throws MatrixError M_UNRECOGNIZED, M_INVALID_PARAM */
  find(method: string, path: string): FoundRoute {
    const found = findRoute(this.#router, '', path)
    if (found === undefined) throw unrecognized()
    const one = found.data.get(method)
    if (one === undefined) throw wrongMethod([...found.data.keys(), 'OPTIONS'].join(', '))
    return { route: one, params: decoded(found.params ?? {}) }
  }

  #add(path: string, one: Route): void {
    // Two routes may name the same parameter differently
    const key = path.replaceAll(/:\w+/g, ':')
    const known = this.#byPath.get(key)
    const methods: Methods = known ?? new Map<string, Route>()
    if (methods.has(one.method)) throw new Error(`Not free: ${one.method} ${path}`)
    methods.set(one.method, one)
    this.#byPath.set(key, methods)
    if (known === undefined) addRoute(this.#router, '', path, methods)
  }
}

/** @throws MatrixError M_INVALID_PARAM */
function decoded(params: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decodeURIComponent(value)]))
  } catch {
    throw invalidParam('The path is not encoded as it should be')
  }
}
