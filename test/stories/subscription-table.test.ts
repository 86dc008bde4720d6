/** RFC 6121 Appendix A through real traffic: each of the four stanzas in each of the nine states, on one server. */
import { DOMAIN, story } from '../support/story.ts'
import { playCell, STATES, TYPES } from '../support/subscription-tables.ts'

for (const state of STATES)
  for (const type of TYPES)
    story(`App. A: ${type} in ${state}`, (cast) =>
      playCell(
        {
          showsAgain: true,
          client: (full, presence) => cast.client(full.split('@')[0]!, full.split('/')[1]!, { presence }),
          settle: () => cast.settle(),
          expectNothing: () => cast.expectNothing(),
        },
        [`alice@${DOMAIN}/1`, `bob@${DOMAIN}/1`],
        state,
        type,
      ),
    )
