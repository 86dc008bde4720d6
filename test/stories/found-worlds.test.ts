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
