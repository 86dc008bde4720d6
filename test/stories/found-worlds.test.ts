/** Scripts that the model has found (test/model), each named for what was wrong with it. */
import { found } from '../model/check.ts'

found(
  'what may have got through before a stream broke, and is old, is not said again: nobody who is there is shown as gone',
  `
  u5@c.example/2 asks managed
  u18@a.example/2 asks
  connect u5@c.example/2
  connect u18@a.example/2
  hold a.example c.example
  wait 20000
  wait 1000
  heal a.example c.example
  `,
)

found(
  'who hides in the moment in which the server dies is not shown again',
  `
  u8@c.example/1 asks managed
  u18@a.example/1 asks managed
  connect u8@c.example/1
  connect u18@a.example/1
  wait 45000
  hide u8@c.example/1
  kill c.example
  start c.example
  `,
)

found(
  'a restart in the middle of an outage: contacts elsewhere who have gone meanwhile are not shown for ever',
  `
  u17@c.example/1 asks managed
  u18@a.example/1
  u18@a.example/2 managed
  connect u18@a.example/1
  connect u17@c.example/1 &
  kill a.example
  start a.example &
  connect u18@a.example/2 &
  restart c.example
  `,
)

found(
  'a client that was away when the server died is told who has gone with it',
  `
  u4@a.example/1 managed
  u10@a.example/2 asks
  connect u4@a.example/1
  connect u10@a.example/2
  drop u4@a.example/1
  wait 20000
  kill a.example
  `,
)

found(
  'a client that was away when the server died is told whose session waits, if it asks',
  `
  u7@b.example/1 asks managed
  u19@b.example/1 managed
  connect u7@b.example/1
  connect u19@b.example/1
  drop u7@b.example/1
  wait 3000
  kill b.example
  start b.example
  connect u7@b.example/1
  `,
)

found(
  'a client that comes back long after a restart is still known to ask for annotations',
  `
  u9@a.example/2 asks
  u16@b.example/1 asks managed
  connect u9@a.example/2
  connect u16@b.example/1
  restart b.example
  wait 45000 &
  cut a.example b.example
  connect u16@b.example/1
  `,
)

found(
  'what another server says against a presence waits until the client looks, and is not told when it has come to nothing',
  `
  u7@b.example/1 asks managed
  u15@a.example/1 asks
  connect u7@b.example/1
  connect u15@a.example/1
  look-away u15@a.example/1
  drop u7@b.example/1
  `,
)

found(
  'a client that is asked in vain while it is away is not taken for one that does not ask',
  `
  u9@a.example/2 asks
  u13@b.example/2 asks
  u16@b.example/1 asks managed
  strangers u9@a.example u13@b.example
  connect u9@a.example/2
  connect u16@b.example/1
  restart b.example
  wait 45000 &
  cut a.example b.example
  connect u13@b.example/2 &
  connect u16@b.example/1
  `,
)

found(
  'a client that hides, and is not told when a pause is over, is shown what its contact said last',
  `
  u3@b.example/1 asks managed
  u10@a.example/1 asks managed
  connect u3@b.example/1
  connect u10@a.example/1
  drop u3@b.example/1
  wait 20000
  hide u10@a.example/1
  wait 1000
  connect u3@b.example/1
  `,
)

found(
  'a client that hides, of which the server of its contact does not know yet, is told when the pause that it was told of is over',
  `
  u1@b.example/1 asks managed
  u10@a.example/1 asks managed
  connect u1@b.example/1 &
  connect u10@a.example/1
  cut b.example a.example &
  hide u10@a.example/1
  drop u1@b.example/1
  wait 45000
  heal a.example b.example
  `,
)

found(
  'a client that hides is still known to ask for annotations after a restart',
  `
  u13@b.example/2 asks
  u14@c.example/2 asks managed
  connect u13@b.example/2
  connect u14@c.example/2
  cut b.example c.example
  hide u14@c.example/2
  wait 90000
  restart c.example &
  `,
)

found(
  'contacts elsewhere who were offline before a restart of their server, and still are, are no news',
  `
  u18@a.example/2
  u5@c.example/1
  connect u18@a.example/2
  restart c.example
  `,
)

found(
  'contacts elsewhere who were offline before a restart of their own server, and still are, are no news to a client that goes on',
  `
  u11@c.example/2 asks managed
  u0@a.example/1
  connect u11@c.example/2
  restart c.example
  `,
)

found(
  'who blocks or unblocks one contact is not told once more of the others',
  `
  u1@a.example/1
  u2@b.example/1
  u3@b.example/1
  u4@b.example/1
  connect u1@a.example/1
  connect u2@b.example/1
  block u1@a.example u3@b.example
  cut a.example b.example
  heal a.example b.example
  wait 20000
  unblock u1@a.example u3@b.example
  `,
)

found(
  'clients that are away when their server comes back are not asked what they can do, so that others need not wait for their answers',
  `
  u0@a.example/2 asks managed
  u1@b.example/1 asks managed
  u9@b.example/1 asks managed
  u11@b.example/2 asks managed
  u13@b.example/1 asks managed
  u13@b.example/2 asks managed
  u15@b.example/1 asks managed
  u19@b.example/1 asks managed
  strangers u0@a.example u9@b.example
  strangers u0@a.example u11@b.example
  strangers u0@a.example u13@b.example
  strangers u0@a.example u15@b.example
  strangers u0@a.example u19@b.example
  strangers u1@b.example u9@b.example
  strangers u1@b.example u13@b.example
  strangers u9@b.example u11@b.example
  strangers u9@b.example u13@b.example
  strangers u9@b.example u15@b.example
  strangers u9@b.example u19@b.example
  strangers u11@b.example u15@b.example
  strangers u11@b.example u19@b.example
  strangers u13@b.example u15@b.example
  strangers u13@b.example u19@b.example
  strangers u15@b.example u19@b.example
  connect u0@a.example/2
  connect u1@b.example/1
  connect u9@b.example/1
  connect u11@b.example/2
  connect u13@b.example/2
  connect u15@b.example/1
  connect u19@b.example/1 &
  connect u13@b.example/1 &
  wait 90000
  kill b.example
  start b.example
  `,
)

found(
  "what was sent directly is in doubt no more when its sender's server has been restarted and the sender goes on",
  `
  u0@a.example/1 managed
  u1@b.example/1 asks
  strangers u0@a.example u1@b.example
  u2@a.example/1
  u3@b.example/1
  connect u2@a.example/1
  connect u3@b.example/1
  connect u0@a.example/1
  connect u1@b.example/1
  direct u0@a.example/1 u1@b.example/1
  restart a.example
  wait 45000
  connect u0@a.example/1
  `,
)

found(
  'who ends a subscription to a contact whose server has died and come back is not shown the contact for ever',
  `
  u11@c.example/2 managed
  u12@a.example/1 asks managed
  connect u11@c.example/2
  connect u12@a.example/1 &
  kill a.example &
  start a.example
  unsubscribe u11@c.example u12@a.example
  `,
)

found(
  'a doubt of our own that gave way to one of the other server while a client was away is taken back',
  `
  u1@a.example/1 asks managed
  u2@b.example/1 asks managed
  connect u1@a.example/1
  connect u2@b.example/1
  cut a.example b.example
  wait 90000
  drop u1@a.example/1
  show u2@b.example/1
  drop u2@b.example/1
  wait 20000
  heal a.example b.example
  wait 45000
  connect u1@a.example/1
  connect u2@b.example/1
  `,
)

for (const heals of ['', 'heal a.example b.example'])
  found(
    `who unsubscribes and subscribes again ${heals === '' ? 'over a lost link' : 'at once'} is not refused by the answer to the first`,
    `
    u1@a.example/1 asks managed
    u2@b.example/1 asks managed
    connect u1@a.example/1
    connect u2@b.example/1
    cut a.example b.example
    ${heals}
    wait ${heals === '' ? 3000 : 90_000}
    unsubscribe u1@a.example u2@b.example &
    subscribe u1@a.example u2@b.example
    wait 1000
    heal a.example b.example
    wait 90000
    subscribed u2@b.example u1@a.example
    `,
  )

found(
  'a client that is shown an old presence while the link is lost is told when nobody confirms it afterwards',
  `
    u2@c.example/1 managed
    u2@c.example/2 asks
    u12@a.example/1 asks managed
    connect u2@c.example/1
    connect u2@c.example/2
    connect u12@a.example/1
    restart a.example
    cut a.example c.example
    restart c.example
    wait 3000
    wait 3000
    wait 90000
  `,
)

for (const order of [
  'kill a.example\n    start a.example\n    restart b.example',
  'restart b.example\n    kill a.example\n    start a.example',
])
  found(
    'a session that waits for its client over a crash is in doubt for a contact elsewhere that has been restarted too',
    `
    u1@b.example/2 asks managed
    u12@a.example/1 managed
    connect u1@b.example/2
    connect u12@a.example/1
    wait 20000 &
    ${order}
    connect u1@b.example/2 &
    `,
  )
