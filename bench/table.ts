/** Results of the load generator as the table of the README. */

export interface Result {
  readonly part: string
  readonly server: string
  readonly scenario: string
  readonly med: Readonly<Record<string, number>>
}

interface Row {
  readonly title: string
  readonly part: string
  readonly scenario: string
  readonly figure: string
  readonly unit: string
}
const row = (title: string, part: string, scenario: string, figure: string, unit: string): Row => ({
  title,
  part,
  scenario,
  figure,
  unit,
})

const ROWS: readonly Row[] = [
  row('presence delivered, paced', 'plain', 'fan', 'cpuUsPerDelivery', 'us'),
  row('the same, direct TLS', 'tls', 'fan', 'cpuUsPerDelivery', 'us'),
  row('presence delivered, saturated', 'plain', 'fanmax', 'cpuUsPerDelivery', 'us'),
  row('the same, direct TLS', 'tls', 'fanmax', 'cpuUsPerDelivery', 'us'),
  row('1:1 message, paced', 'plain', 'msg', 'cpuUsPerMessage', 'us'),
  row('1:1 message, saturated', 'plain', 'msgmax', 'cpuUsPerMessage', 'us'),
  row('login with 20 contacts', 'plain', 'login', 'cpuMsPerLogin', 'ms'),
  row('the same, direct TLS', 'tls', 'login', 'cpuMsPerLogin', 'ms'),
  row('all cut off and back at once', 'plain', 'reconnect', 'cpuMsPerSession', 'ms'),
  row('presence sent to another server', 'federated', 'fan', 'cpuUsPerSent', 'us'),
  row('presence from another server, delivered', 'federated', 'fan', 'cpuUsPerReceived', 'us'),
  row('room of 500: presence delivered', 'rooms', 'muc', 'cpuUsPerPresence', 'us'),
  row('room of 500: message delivered', 'rooms', 'mucmsg', 'cpuUsPerDelivery', 'us'),
  row('one joins a room of 2000', 'rooms', 'mucjoin', 'cpuMsPerJoin', 'ms'),
  row('the same in a quiet room', 'rooms', 'mucjoinquiet', 'cpuMsPerJoin', 'ms'),
  row('2000 join in ten seconds, each', 'rooms', 'mucstorm', 'cpuMsPerJoin', 'ms'),
  row('the same in a quiet room', 'rooms', 'mucstormquiet', 'cpuMsPerJoin', 'ms'),
  row('memory of an occupant, 200 rooms of 50', 'rooms', 'mucidle', 'kbPerOccupant', 'KB'),
  row('memory of a session', 'plain', 'idle', 'kbPerSession', 'KB'),
  row('the same, direct TLS', 'tls', 'idle', 'kbPerSession', 'KB'),
]
const FAULTS = ['lost', 'disorder', 'fails'] as const

export function table(results: readonly Result[], servers: readonly string[]): string {
  const cell = ({ part, scenario, figure, unit }: Row, server: string): string => {
    const value = results.find((r) => r.part === part && r.scenario === scenario && r.server === server)?.med[figure]
    return value === undefined ? '-' : `${Number(value.toPrecision(3))} ${unit}`
  }
  const lines = [`| CPU or memory per unit | ${servers.join(' | ')} |`, `|---|${servers.map(() => '---').join('|')}|`]
  for (const r of ROWS) lines.push(`| ${r.title} | ${servers.map((s) => cell(r, s)).join(' | ')} |`)
  const faults = results
    .filter((r) => r.server !== 'bare Node')
    .flatMap((r) =>
      FAULTS.filter((f) => (r.med[f] ?? 0) !== 0).map((f) => `${r.server} ${r.part} ${r.scenario}: ${f} ${r.med[f]}`),
    )
  lines.push('', faults.length === 0 ? 'Nothing was lost or out of order.' : `Faults: ${faults.join('; ')}.`, '')
  return lines.join('\n')
}
