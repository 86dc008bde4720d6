/** RFC 6121 Appendix A across a link (FED-1, FED-3): the same 36 cells with the two users on two servers. */
import { federation } from '../support/two-servers.ts'
import { playCell, STATES, TYPES } from '../support/subscription-tables.ts'

for (const state of STATES)
  for (const type of TYPES)
    federation(`App. A across a link: ${type} in ${state}`, (realm) =>
      playCell(
        {
          showsAgain: false,
          client: (full, presence) => realm.client(full, { presence }),
          settle: () => realm.settle(),
          expectNothing: () => realm.expectNothing(),
        },
        ['alice@a.example/1', 'bob@b.example/1'],
        state,
        type,
      ),
    )
