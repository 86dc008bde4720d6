/** Several things about somebody in one line. Each runs in its own direction, whatever script it is written in. */
import { Fragment } from 'preact'

export const Parts = ({ all }: { readonly all: readonly string[] }) => (
  <>
    {all.map((part, i) => (
      <Fragment key={i}>
        {i > 0 && ' · '}
        <bdi>{part}</bdi>
      </Fragment>
    ))}
  </>
)
