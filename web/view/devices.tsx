/** The devices that have access to the account, each with a way to take it away (XEP-0494). */
import { useEffect, useState } from 'preact/hooks'
import { ago, clockTime, sentence } from '../model/words.ts'
import type { BoardSession } from '../session/board-session.ts'
import type { Device } from '../session/profile.ts'
import { whyNot } from '../session/stanzas.ts'
import { w } from '../words/index.ts'

interface Props {
  readonly session: BoardSession
  readonly now: Date
}
export function Devices({ session, now }: Props) {
  const { profile } = session
  const [devices, show] = useState<readonly Device[] | null>(null)
  const [trouble, setTrouble] = useState<string | null>(null)
  const read = (): Promise<void> =>
    profile.devices().then(show, (error: unknown) => setTrouble(sentence(w.profile.refused(whyNot(error)))))
  useEffect(() => void read(), [session])
  const revoke = async (id: string): Promise<void> => {
    setTrouble(await profile.revoke(id))
    await read()
  }
  return (
    <section class="devices" aria-label={w.profile.devices}>
      <h3>{w.profile.devices}</h3>
      <p class="trouble" role="status">
        {trouble}
      </p>
      <ul>
        {devices?.map((device) => (
          <li key={device.id}>
            <span>
              <strong>{device.name}</strong>
              {device.isThis && <span class="more"> {w.profile.thisDevice}</span>}
              <span class="more">{seenWords(device, now)}</span>
            </span>
            {!device.isThis && (
              <button
                class="small danger"
                onClick={() => void revoke(device.id)}
                aria-label={`${w.profile.revoke}: ${device.name}`}
              >
                {w.profile.revoke}
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
function seenWords({ isConnected, firstSeen, lastSeen }: Device, now: Date): string {
  const used = isConnected ? w.profile.connected : lastSeen === null ? null : w.profile.lastUsed(ago(lastSeen, now))
  const since = firstSeen === null ? null : w.profile.accessSince(clockTime(firstSeen, now))
  return [used, since].filter((words) => words !== null).join(' · ')
}
