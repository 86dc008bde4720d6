/** Two domains with a way between them: one of this server's and another server's. */
export interface DomainPair {
  readonly local: string
  readonly remote: string
}

/** The same text for equal pairs only: a domain holds no space. */
export const pairKey = ({ local, remote }: DomainPair): string => `${local} ${remote}`
